//! A distribution over explicit bounds.

use core::time::Duration;

use crate::cell::Total;
use crate::instrument::{Additive, Buckets, Counts, Instrument, Seconds, nanoseconds};
use crate::visit::{Amount, Bounds, HistogramPoint, Kind, Point, Scaled};

/// A distribution over the bounds of `B`, with its sum.
///
/// Eight bytes for each bound, eight for what lies above the last and eight for the sum: 128 bytes with the 14 bounds
/// of HTTP. Recording is two atomic additions; any number of threads and interrupts may record at once and none is
/// lost. The count is never stored: it is the sum of the buckets, so the two cannot disagree. A data point taken while
/// others record may hold a recording in its buckets that is not in its sum yet, or the other way
/// round.
///
/// ```
/// use core::time::Duration;
/// use picometer::{Histogram, instrument::HttpSeconds};
///
/// static ANSWERED: Histogram<HttpSeconds> = Histogram::new();
///
/// ANSWERED.record_duration(Duration::from_millis(5));
/// ANSWERED.record_duration(Duration::from_secs(20));
/// assert_eq!(ANSWERED.count(), 2);
/// assert_eq!(size_of::<Histogram<HttpSeconds>>(), 128);
/// ```
#[derive(Debug)]
pub struct Histogram<B: Buckets> {
    counts: B::Counts,
    sum: Total,
}

impl<B: Buckets> Histogram<B> {
    /// A histogram of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { counts: B::Counts::INIT, sum: Total::new() }
    }

    /// Records `value`, in the unit of the bounds (nanoseconds, where the buckets are `seconds`).
    ///
    /// The sum holds 548 years of nanoseconds (146 without 64-bit atomics), and what is recorded after the longest duration
    /// still adds up: its bounds are those of a [`Counter`](crate::Counter)'s total.
    #[inline]
    pub fn record(&self, value: u64) {
        if let Some(total) = self.bucket(value) {
            total.add(1);
        }
        self.sum.add(value);
    }

    /// Records `value` where nobody else records.
    #[inline]
    pub(crate) fn record_alone(&self, value: u64) {
        if let Some(total) = self.bucket(value) {
            total.add_alone(1);
        }
        self.sum.add_alone(value);
    }

    #[inline]
    fn bucket(&self, value: u64) -> Option<&Total> {
        self.counts.totals().get(B::BOUNDS.iter().filter(|bound| **bound < value).count())
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.totals().iter().map(Total::load).fold(0, u64::wrapping_add)
    }
}

impl<B: Seconds> Histogram<B> {
    /// Records a duration as whole nanoseconds; one above 584 years counts as that.
    #[inline]
    pub fn record_duration(&self, duration: Duration) {
        self.record(nanoseconds(duration));
    }
}

impl<B: Buckets> Default for Histogram<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Buckets> Additive for Histogram<B> {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let mut sum = 0_u64;
        let mut counts = B::Counts::NONE;
        for cell in cells {
            sum = sum.saturating_add(cell.sum.load());
            cell.counts.add_to(&mut counts);
        }
        with(point::<B>(sum, counts.as_ref()))
    }
}

/// The data point of these counts.
fn point<B: Buckets>(sum: u64, counts: &[u64]) -> Point<'_> {
    let sum = Amount::Scaled(Scaled { value: sum, decimals: B::DECIMALS });
    let count = counts.iter().fold(0, |all: u64, one| all.wrapping_add(*one));
    let bounds = Bounds::Scaled { bounds: B::BOUNDS, decimals: B::DECIMALS };
    Point::Histogram(HistogramPoint { counts, count, sum, bounds, extremes: None })
}

impl<B: Buckets> Instrument for Histogram<B> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new histogram
    const INIT: Self = Self::new();
    const KIND: Kind =
        Kind::Histogram { bounds: Bounds::Scaled { bounds: B::BOUNDS, decimals: B::DECIMALS }, min_max: false };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = false;

    fn is_touched(&self) -> bool {
        self.counts.totals().iter().any(|total| total.load() != 0)
    }

    #[inline(always)]
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        let sum = self.sum.load();
        let mut counts = B::Counts::NONE;
        self.counts.add_to(&mut counts);
        with(point::<B>(sum, counts.as_ref()))
    }
}
