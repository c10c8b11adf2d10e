//! One absurd amount does not start a total anew: what was read of it is never above what is read later, which a rate
//! would take for a restart.
#![cfg(not(loom))]

use std::time::Duration;

use picometer::instrument::{HttpSeconds, Nanoseconds, WithMinMax};
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::visit::{Amount, Metric, Number, Point};
use picometer::{Counter, ExponentialHistogram, Family, Histogram, LabelSet};

#[derive(LabelSet, Clone, Copy)]
struct One {
    only: bool,
}

const ONE: One = One { only: true };

/// The sum of a histogram, the total of a counter: what is exported, as a whole number.
fn sum(metric: &impl Metric, position: usize) -> u64 {
    let sum = metric.point(position, |point| match point {
        Point::Number(Number::Unsigned(total)) => total,
        Point::Histogram(point) => scaled(point.sum),
        Point::Exponential(point) => scaled(point.sum),
        other => panic!("{other:?}"),
    });
    sum.unwrap()
}

fn scaled(amount: Amount) -> u64 {
    let Amount::Scaled(scaled) = amount else { panic!("{amount:?}") };
    scaled.value
}

/// Ordinary amounts, and absurd ones in between: each of the former counts, none of the latter takes anything away.
fn never_falls(what: &str, add: impl Fn(u64), sum: impl Fn() -> u64) {
    let mut before = sum();
    for absurd in [1 << 48, u64::MAX, u64::MAX, u64::MAX - 2, 1 << 63, i64::MAX as u64, 1 << 62, u64::MAX] {
        add(absurd);
        let after = sum();
        assert!(before <= after, "{what}: {before}, then {after} with {absurd}");
        before = after;
        // A millisecond, three seconds, ten minutes.
        for ordinary in [1_000_000, 3_000_000_000, 600_000_000_000] {
            add(ordinary);
            let after = sum();
            assert_eq!(after.wrapping_sub(before), ordinary, "{what}: {before}, then {after} with {ordinary}");
            before = after;
        }
    }
}

#[test]
fn no_amount_makes_a_sum_smaller() {
    let counter = Counter::new();
    never_falls("a counter", |n| counter.add(n), || sum(&counter, 0));
    let histogram: Histogram<HttpSeconds> = Histogram::new();
    never_falls("a histogram", |n| histogram.record(n), || sum(&histogram, 0));
    let min_max: WithMinMax<Histogram<HttpSeconds>> = WithMinMax::new();
    never_falls("a histogram with extremes", |n| min_max.record(n), || sum(&min_max, 0));
    let exponential: ExponentialHistogram<Nanoseconds> = ExponentialHistogram::new();
    never_falls("an exponential histogram", |n| exponential.record(n), || sum(&exponential, 0));

    let striped: Family<One, Histogram<HttpSeconds>, Striped<4>> = Family::new();
    never_falls("a family on stripes", |n| striped.with(ONE).record(n), || sum(&striped, ONE.index()));
    let lease = lease::take().unwrap();
    let counters: Family<One, Counter, Striped<2, Leasable>> = Family::new();
    never_falls("a leased counter", |n| counters.own(&lease, ONE).add(n), || sum(&counters, ONE.index()));
    let leased: Family<One, Histogram<HttpSeconds>, Striped<2, Leasable>> = Family::new();
    never_falls("a leased histogram", |n| leased.own(&lease, ONE).record(n), || sum(&leased, ONE.index()));
}

#[test]
fn the_longest_duration_makes_no_sum_smaller() {
    let histogram: Histogram<HttpSeconds> = Histogram::new();
    let exponential: ExponentialHistogram<Nanoseconds> = ExponentialHistogram::new();
    let record = |duration| {
        histogram.record_duration(duration);
        exponential.record_duration(duration);
        (sum(&histogram, 0), sum(&exponential, 0))
    };
    let mut before = record(Duration::from_millis(5));
    assert_eq!(before, (5_000_000, 5_000_000));
    for _ in 0..1000 {
        let longest = record(Duration::MAX);
        assert!(before <= longest, "{before:?}, then {longest:?}");
        before = record(Duration::from_millis(5));
        assert_eq!(before, (longest.0 + 5_000_000, longest.1 + 5_000_000));
    }
    assert_eq!((histogram.count(), exponential.count()), (2001, 2001));
}

#[test]
fn stripes_that_are_full_add_up_to_the_largest_total() {
    let striped: Family<One, Counter, Striped<2, Leasable>> = Family::new();
    let lease = lease::take().unwrap();
    striped.own(&lease, ONE).add(u64::MAX);
    let one = sum(&striped, ONE.index());
    striped.with(ONE).add(u64::MAX);
    assert!(one <= sum(&striped, ONE.index()));
}

#[test]
fn absurd_amounts_from_many_threads_at_once_do_not_wrap() {
    let counter = Counter::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut before = 0;
                for _ in 0..1000 {
                    counter.add(u64::MAX);
                    counter.add(7);
                    let total = counter.total();
                    assert!(before <= total, "{before}, then {total}");
                    before = total;
                }
            });
        }
    });
    assert!(counter.total() > u64::MAX / 4);
}
