//! A distribution of floats over explicit bounds.

use crate::cell::{self, FloatTotal, Total};
use crate::instrument::{Additive, Counts, FloatBuckets, Instrument};
use crate::visit::{Amount, Bounds, HistogramPoint, Kind, Point};

/// A distribution of floats over the bounds of `B`, with its sum.
///
/// Eight bytes for each bound, eight for what lies above the last, eight for the sum (32 without 64-bit atomics) and
/// eight for what was ignored. Recording is an atomic addition to a bucket and one to the sum, which is a
/// compare-exchange, tried again when another thread added in between; any number of threads and interrupts may record
/// at once and none is lost. A data point taken while others record may hold a recording in its buckets that is not in
/// its sum yet.
///
/// What is not finite or is below zero is not recorded: [`ignored`](Self::ignored) says how often that happened. Where
/// whole numbers will do, as for durations in nanoseconds, [`Histogram`](crate::Histogram) is faster and its sum exact.
///
/// ```
/// picometer::buckets! {
///     /// Shares of a whole.
///     pub Share = floats [0.25, 0.5, 0.75];
/// }
/// static USED: picometer::FloatHistogram<Share> = picometer::FloatHistogram::new();
///
/// USED.record(0.3);
/// USED.record(f64::NAN);
/// assert_eq!((USED.count(), USED.ignored()), (1, 1));
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of_val(&USED), 48);
/// ```
#[derive(Debug)]
pub struct FloatHistogram<B: FloatBuckets> {
    counts: B::Counts,
    sum: FloatTotal,
    ignored: Total,
}

impl<B: FloatBuckets> FloatHistogram<B> {
    /// A histogram of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { counts: B::Counts::INIT, sum: FloatTotal::new(), ignored: Total::new() }
    }

    /// Records `value`, if it is finite and not below zero.
    #[inline]
    pub fn record(&self, value: f64) {
        if !(0.0..=f64::MAX).contains(&value) {
            self.ignored.add(1);
            return;
        }
        let bucket = B::BOUNDS.iter().filter(|bound| **bound < value).count();
        if let Some(total) = self.counts.totals().get(bucket) {
            total.add(1);
        }
        self.sum.add(value);
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.totals().iter().map(Total::load).fold(0, u64::wrapping_add)
    }

    /// How many were not, because they were below zero, infinite or not a number.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored.load()
    }
}

impl<B: FloatBuckets> Default for FloatHistogram<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: FloatBuckets> Instrument for FloatHistogram<B> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new histogram
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::Histogram { bounds: Bounds::Float(B::BOUNDS), min_max: false };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = true;

    fn is_touched(&self) -> bool {
        self.counts.totals().iter().any(|total| total.load() != 0)
    }

    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        let sum = self.sum.load();
        let mut counts = B::Counts::NONE;
        self.counts.add_to(&mut counts);
        with(point::<B>(sum, counts.as_ref()))
    }
}

impl<B: FloatBuckets> Additive for FloatHistogram<B> {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let sum = cell::sum_of(cells.iter().map(|cell| cell.sum.load()));
        let mut counts = B::Counts::NONE;
        for cell in cells {
            cell.counts.add_to(&mut counts);
        }
        with(point::<B>(sum, counts.as_ref()))
    }
}

/// The data point of these counts.
fn point<B: FloatBuckets>(sum: f64, counts: &[u64]) -> Point<'_> {
    let count = counts.iter().fold(0, |all: u64, one| all.wrapping_add(*one));
    let bounds = Bounds::Float(B::BOUNDS);
    Point::Histogram(HistogramPoint { counts, count, sum: Amount::Float(sum), bounds, extremes: None })
}
