//! Histograms against a sorted vector of what was recorded.

use std::time::Duration;

use picometer::instrument::{Buckets, DbSeconds, Instrument};
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::visit::{Amount, Bounds, HistogramPoint, Metric, Point};
use picometer::{Family, Histogram, LabelSet, buckets};

use super::{Chosen, check_sum, choose_stripe};

buckets! {
    /// Ends of the range, and neighbours.
    pub Whole = whole [0, 1, 2, 1000, 1001, 18_446_744_073_709_551_614];
    /// A sum of these has three decimals.
    pub Thousandths = thousandths [0.001, 0.5, 40.0, 160.0];
}

#[derive(LabelSet, Debug, Clone, Copy)]
struct One {
    only: bool,
}

pub fn check(values: &[(u64, u8)], durations: &[(u64, u32)]) {
    whole::<Whole>(values);
    whole::<Thousandths>(values);
    whole::<DbSeconds>(values);

    let histogram: Histogram<DbSeconds> = Histogram::new();
    let mut recorded = Vec::new();
    for (seconds, nanoseconds) in durations {
        let duration = Duration::new(*seconds, nanoseconds % 1_000_000_000);
        histogram.record_duration(duration);
        recorded.push(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }
    Instrument::point(&histogram, |point| compare::<DbSeconds>(&point, recorded));
}

fn whole<B: Buckets>(values: &[(u64, u8)]) {
    let alone: Histogram<B> = Histogram::new();
    let striped: Family<One, Histogram<B>, Striped<4, Chosen>> = Family::new();
    let leased: Family<One, Histogram<B>, Striped<2, Leasable>> = Family::new();
    let lease = lease::take();
    let labels = One { only: true };
    for (value, stripe) in values {
        choose_stripe((*stripe).into());
        alone.record(*value);
        striped.with(labels).record(*value);
        match lease.as_ref().filter(|_| stripe % 2 == 0) {
            Some(lease) => leased.own(lease, labels).record(*value),
            None => leased.with(labels).record(*value),
        }
    }
    let recorded: Vec<u64> = values.iter().map(|(value, _)| *value).collect();
    assert_eq!(alone.count(), recorded.len() as u64);
    Instrument::point(&alone, |point| compare::<B>(&point, recorded.clone()));
    let at = labels.index();
    Metric::point(&striped, at, |point| compare::<B>(&point, recorded.clone())).unwrap();
    Metric::point(&leased, at, |point| compare::<B>(&point, recorded)).unwrap();
}

fn compare<B: Buckets>(point: &Point<'_>, mut recorded: Vec<u64>) {
    let Point::Histogram(HistogramPoint { counts, count, sum: Amount::Scaled(sum), bounds, extremes: None }) = point
    else {
        panic!("{point:?}")
    };
    let Bounds::Scaled { bounds, decimals } = bounds else { panic!("{bounds:?}") };
    assert_eq!(*decimals, B::DECIMALS);
    recorded.sort_unstable();
    assert_eq!(*bounds, B::BOUNDS);
    assert_eq!(counts.len(), bounds.len() + 1);
    let mut cumulative = 0;
    for (bound, count) in bounds.iter().zip(*counts) {
        cumulative += count;
        assert_eq!(cumulative, recorded.partition_point(|value| value <= bound) as u64, "up to {bound}");
    }
    assert_eq!(*count, recorded.len() as u64);
    assert_eq!(cumulative + counts[bounds.len()], *count, "above the last bound");
    check_sum(sum.value, recorded);
    assert_eq!(sum.decimals, B::DECIMALS);
}
