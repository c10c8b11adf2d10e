//! Run-time string keys: exact, in any order, and visibly in the overflow when they do not fit.
#![cfg(not(loom))]

mod common;

use std::sync::Barrier;
use std::thread;

use common::series;
use picometer::encode::text::TextEncoder;
use picometer::family::Keyed;
use picometer::instrument::HttpSeconds;
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::visit::{Descriptor, Visitor};
use picometer::{Counter, Family, Histogram, Label, LabelSet, Learned, UpDownCounter, keyed};

const OVERFLOW: &str = "otel.metric.overflow=true;";

/// Fewer in a debug build, which is thirty times slower.
const EACH: u64 = if cfg!(debug_assertions) { 200_000 } else { 10_000_000 };

#[test]
fn keys_are_compared_and_not_only_hashed() {
    let family: keyed!(Counter, series = 20, words = 12) = Keyed::new();
    let lists: [&[(&str, &str)]; 12] = [
        &[("a", "bc"), ("d", "e")],
        &[("a", "b"), ("d", "ce")],
        &[("ab", "c"), ("d", "e")],
        &[("a", "bcde")],
        &[("a", "")],
        &[("a", "b")],
        &[],
        &[("a", "b"), ("b", "")],
        &[("a", "12345678")],
        &[("a", "1234567")],
        &[("a", "12345678"), ("b", "c")],
        &[("a", "\0\u{1}é\u{10ffff}")],
    ];
    for (n, labels) in lists.iter().enumerate() {
        family.with(*labels).add(1 << n);
    }
    for (n, labels) in lists.iter().enumerate() {
        assert_eq!(family.with(*labels).total(), 1 << n, "{labels:?}");
    }
    assert_eq!(family.usage().series, lists.len());
    let all = series(&family);
    for (n, labels) in lists.iter().enumerate() {
        let text: String = labels.iter().map(|(key, value)| format!("{key}={value};")).collect();
        assert_eq!(all.get(&text), Some(&(1 << n)), "{text}");
    }
    assert_eq!(all.len(), lists.len());
}

#[test]
fn order_does_not_matter_and_the_last_of_a_key_counts() {
    let family: keyed!(Counter, series = 4, words = 16) = Keyed::new();
    family.with(&[("a", "1"), ("b", "2"), ("c", "3")]).inc();
    family.with(&[("c", "3"), ("a", "1"), ("b", "2")]).inc();
    family.with(&[("b", "0"), ("c", "3"), ("b", "2"), ("a", "1")]).inc();
    assert_eq!(series(&family), [("a=1;b=2;c=3;".to_owned(), 3)].into());
}

#[test]
fn what_cannot_be_shown_or_held_is_in_the_overflow() {
    let family: keyed!(Counter, series = 2, words = 6) = Keyed::new();
    let seventeen: Vec<_> = (0..17).map(|n| (["k", "a"][n % 2], "v")).collect();
    for bad in [
        [("le", "1")].as_slice(),
        &[("", "1")],
        &[("a", "much longer than the forty-eight bytes that six words hold")],
        &seventeen[..0].iter().chain(&[("quantile", "1")]).copied().collect::<Vec<_>>(),
    ] {
        family.with(bad).inc();
    }
    assert_eq!(series(&family), [(OVERFLOW.to_owned(), 4)].into());
    family.with(&[("a", "1")]).inc();
    family.with(&[("a", "2")]).inc();
    family.with(&[("a", "3")]).inc();
    let expected = [("a=1;", 1), ("a=2;", 1), (OVERFLOW, 5)];
    assert_eq!(series(&family), expected.map(|(labels, n)| (labels.to_owned(), n)).into());
}

/// Sorted lists are not copied, so nothing else would notice that they are too long.
#[test]
fn too_many_labels_are_in_the_overflow_in_any_order() {
    let family: keyed!(Counter, series = 2, words = 80) = Keyed::new();
    let keys: Vec<String> = (10..=26).map(|n| format!("k{n}")).collect();
    let mut labels: Vec<_> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    family.with(&labels[..]).inc();
    labels.reverse();
    family.with(&labels[..]).inc();
    assert_eq!(series(&family), [(OVERFLOW.to_owned(), 2)].into());
    family.with(&labels[1..]).inc();
    assert_eq!(family.usage().series, 1);
}

#[test]
fn names_are_translated_for_prometheus() {
    static DESCRIPTOR: Descriptor = Descriptor { name: "x", prometheus: "x", help: "X.", unit: "", unit_words: "" };
    let family: keyed!(Counter, series = 2, words = 16) = Keyed::new();
    family.with(&[("http.route", "/"), ("1st--key", "a\"b")]).inc();
    let mut text = Vec::new();
    let mut out = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        Ok::<_, std::convert::Infallible>(())
    };
    let Ok(()) = TextEncoder::new(&mut out).metric(&DESCRIPTOR, &family);
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with("x_total{_1st_key=\"a\\\"b\",http_route=\"/\"} 1\n"), "{text}");
}

#[derive(Label, Clone, Copy)]
#[label(capacity = 100, max_len = 23)]
struct Name(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 100)]
struct Named {
    name: Name,
}

static KEYED: keyed!(Counter, series = 100, words = 12) = Keyed::new();
static KEYED_TIMES: keyed!(Histogram<HttpSeconds>, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
static LEARNED: Family<Named, Counter, Striped<2>> = Family::new();
static LEARNED_TIMES: Family<Named, Histogram<HttpSeconds>> = Family::new();

/// Two threads meet every one of a hundred keys and a hundred names for the first time at once.
#[test]
fn every_series_is_exact_under_two_threads() {
    let keys: Vec<String> = (0..100).map(|n| format!("value {n}")).collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..EACH {
                    let key = keys[(n % 100) as usize].as_str();
                    let (one, other) = (("key", key), ("other", "constant"));
                    let labels = if n & 1024 == 0 { [one, other] } else { [other, one] };
                    let named = Named { name: Name::learn(key) };
                    match n % 4 {
                        0 => KEYED.with(&labels).inc(),
                        1 => KEYED_TIMES.with(&labels).record(n),
                        2 => LEARNED.with(named).inc(),
                        _ => LEARNED_TIMES.with(named).record(n),
                    }
                }
            });
        }
    });
    // Key n is recorded by the instrument n % 4, and by both threads.
    let each = 2 * EACH / 100;
    let expected = |kind: usize, text: &dyn Fn(&str) -> String| {
        keys.iter().skip(kind).step_by(4).map(|key| (text(key), each)).collect()
    };
    let keyed = |key: &str| format!("key={key};other=constant;");
    let named = |key: &str| format!("name={key};");
    assert_eq!(series(&KEYED), expected(0, &keyed));
    assert_eq!(series(&KEYED_TIMES), expected(1, &keyed));
    assert_eq!(series(&LEARNED), expected(2, &named));
    assert_eq!(series(&LEARNED_TIMES), expected(3, &named));
}

#[derive(LabelSet, Clone, Copy)]
struct Kind {
    even: bool,
}

#[test]
fn stripes_add_up() {
    static OPEN: Family<Kind, UpDownCounter, Striped<8>> = Family::new();
    thread::scope(|scope| {
        for thread in 0..4_i64 {
            scope.spawn(move || {
                for n in 0..10_000 {
                    OPEN.with(Kind { even: n % 2 == 0 }).add(if n % 2 == 0 { 1 } else { -thread });
                }
            });
        }
    });
    use picometer::visit::{Metric, Number, Point};
    let value = |position| OPEN.point(position, point_value).unwrap();
    fn point_value(point: Point<'_>) -> i64 {
        match point {
            Point::Number(Number::Signed(value)) => value,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!([value(0), value(1)], [-5_000 * (1 + 2 + 3), 4 * 5_000]);
    assert_eq!(OPEN.point(2, |_| ()), None);
}

/// Leases are taken and given back by threads that end, and whoever has none shares a stripe.
#[test]
fn leased_stripes_count_exactly() {
    static COUNTS: Family<Kind, Counter, Striped<4, Leasable>> = Family::new();
    static TIMES: Family<Kind, Histogram<HttpSeconds>, Striped<4, Leasable>> = Family::new();
    const THREADS: u64 = 40;
    const STEPS: u64 = 50_000;
    let together = Barrier::new(8);
    for _ in 0..THREADS / 8 {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    let lease = lease::take().expect("eight of the leases are out at most");
                    for n in 0..STEPS {
                        let kind = Kind { even: n % 2 == 0 };
                        COUNTS.own(&lease, kind).inc();
                        TIMES.own(&lease, kind).record(n);
                        COUNTS.with(kind).add(2);
                    }
                });
            }
        });
    }
    let counts = series(&COUNTS);
    assert_eq!(
        counts,
        [("even=false;", 1), ("even=true;", 1)].map(|(l, n)| (l.to_owned(), n * 3 * THREADS * STEPS / 2)).into()
    );
    assert_eq!(series(&TIMES).values().sum::<u64>(), THREADS * STEPS);
    let all: Vec<_> = std::iter::from_fn(lease::take).collect();
    assert_eq!(all.len(), lease::MAX, "every lease came back");
}
