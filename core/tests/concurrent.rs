//! Exact counts under contention: every recording once, in the right series, or visibly in the overflow.
#![cfg(not(loom))]

mod common;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::series;
use picometer::encode::text::TextEncoder;
use picometer::instrument::HttpSeconds;
use picometer::label::{HttpMethod, NumberLabel};
use picometer::{Counter, Family, Histogram, Label, LabelSet, Learned, MetricSet};

#[derive(Label, Clone, Copy, PartialEq, Eq, Debug)]
#[label(capacity = 50, max_len = 24)]
struct Name(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 64)]
struct Named {
    name: Name,
    size: NumberLabel<0, 9>,
}

/// Both threads learn the same names and claim the same series in opposite orders, over and over, in fresh families.
#[test]
fn series_claimed_by_two_threads_at_once_are_exact() {
    for round in 0..200 {
        let family: Family<Named, Counter> = Family::new();
        let record = |reverse: bool| {
            for step in 0..400_u32 {
                let number = if reverse { 399 - step } else { step };
                // 40 names of 10 sizes, of which no more than 64 combinations fit.
                let name = Name::learn(&format!("round {} name {}", round % 2, number % 20));
                family.with(Named { name, size: NumberLabel::new(number / 20 % 10) }).inc();
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| record(false));
            scope.spawn(|| record(true));
        });
        let all = series(&family);
        assert_eq!(all.values().sum::<u64>(), 800);
        assert_eq!(all.len(), 65, "64 series and the overflow");
        for (labels, value) in all {
            if labels != "otel.metric.overflow=true;" {
                assert!(value <= 4, "{labels} has {value}, and was recorded at most four times");
            }
        }
    }
}

#[test]
fn threads_agree_on_what_they_learn() {
    #[derive(Label, Clone, Copy, PartialEq, Eq, Debug)]
    #[label(capacity = 1000, max_len = 40)]
    struct Contended(Learned);

    let learn_all = || (0..1000).map(|n| Contended::learn(&format!("name number {n}"))).collect::<Vec<_>>();
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(learn_all);
        let second = scope.spawn(learn_all);
        (first.join().unwrap(), second.join().unwrap())
    });
    let again = learn_all();
    for (number, ((first, second), again)) in first.iter().zip(&second).zip(&again).enumerate() {
        assert_eq!((first, second), (again, again), "name {number}");
        assert_ne!(*again, Contended::OTHER, "name {number} fits");
        let text = Contended::value(again.index(), |value| format!("{value:?}"));
        assert_eq!(text, format!("Some(Text(\"name number {number}\"))"));
    }
    assert_eq!(Contended::learned(), 1000);
    assert_eq!(Contended::learn("one more"), Contended::OTHER);
}

#[derive(LabelSet, Clone, Copy)]
struct Request {
    method: HttpMethod,
    cached: bool,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.concurrent")]
struct Http {
    /// Requests.
    #[metric(name = "requests", unit = "{request}")]
    requests: Family<Request, Counter>,
    /// Their durations.
    #[metric(name = "duration", unit = "s")]
    duration: Family<Request, Histogram<HttpSeconds>>,
}
static HTTP: Http = Http::new();

/// Two threads record while a third scrapes.
#[test]
fn every_scrape_is_whole_and_no_count_is_lost() {
    const EACH: u64 = 300_000;
    let done = AtomicBool::new(false);
    let scrape = || {
        let mut text = Vec::new();
        let mut out = |bytes: &[u8]| {
            text.extend_from_slice(bytes);
            Ok::<_, std::convert::Infallible>(())
        };
        let Ok(()) = HTTP.visit(&mut TextEncoder::new(&mut out));
        String::from_utf8(text).unwrap()
    };
    let check = |text: &str, last: &mut HashMap<String, u64>| {
        let mut infinite = HashMap::new();
        let mut previous = 0;
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.contains("_sum")) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let value: u64 = value.parse().unwrap();
            let before = last.insert(series.to_owned(), value).unwrap_or(0);
            assert!(value >= before, "{series} fell from {before} to {value}");
            if let Some(labels) = series.strip_prefix("duration_seconds_bucket") {
                assert!(labels.contains("le=\"0.005\"") || value >= previous, "{series}: buckets must not decrease");
                previous = value;
                if let Some(labels) = labels.strip_suffix(",le=\"+Inf\"}") {
                    infinite.insert(labels.to_owned(), value);
                }
            }
            if let Some(labels) = series.strip_prefix("duration_seconds_count") {
                assert_eq!(infinite.get(labels.strip_suffix('}').unwrap()), Some(&value), "+Inf and count");
            }
        }
    };
    let scrapes = thread::scope(|scope| {
        let recorders = [false, true].map(|cached| {
            scope.spawn(move || {
                for n in 0..EACH {
                    let method = if n % 2 == 0 { HttpMethod::Get } else { HttpMethod::Post };
                    // Each thread also records into a series of the other.
                    let request = Request { method, cached: cached ^ (n % 3 == 0) };
                    HTTP.requests.with(request).inc();
                    HTTP.duration.with(request).record(n * 40_000);
                }
            })
        });
        let scraper = scope.spawn(|| {
            let (mut last, mut scrapes) = (HashMap::new(), 0_u64);
            while !done.load(Ordering::Relaxed) {
                check(&scrape(), &mut last);
                scrapes += 1;
            }
            scrapes
        });
        for recorder in recorders {
            recorder.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        scraper.join().unwrap()
    });
    assert!(scrapes > 0);
    assert_eq!(series(&HTTP.requests).values().sum::<u64>(), 2 * EACH);
    assert_eq!(series(&HTTP.duration).values().sum::<u64>(), 2 * EACH);
}
