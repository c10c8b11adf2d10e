//! A distribution that also keeps its smallest and its largest value.

use core::time::Duration;

use crate::atomic::{Ordering, fence};
use crate::cell;
use crate::instrument::exponential::{
    ExponentialHistogram, FloatExponentialHistogram, Nanoseconds, SignedExponentialHistogram, Unit,
};
use crate::instrument::{Buckets, FloatBuckets, FloatHistogram, Histogram, Instrument, Seconds, nanoseconds};
use crate::visit::{ExponentialPoint, Extremes, HistogramPoint, Kind, Point, Scaled};

/// A histogram of any kind that also keeps its smallest and its largest value.
///
/// 16 bytes more than `H` (8 without 64-bit atomics, where both may be off by a millionth, outwards). Recording looks
/// at both before it records into `H`, and changes them only if `value` lies outside. They are kept as `f64`s, so a whole
/// value above 2^53 is rounded before it is exported. They are those of all values since the start; Prometheus text does
/// not have them. A data point taken while others record may hold a recording here that is not in its buckets yet, or the
/// other way round.
///
/// ```
/// use picometer::instrument::{HttpSeconds, WithMinMax};
/// use picometer::Histogram;
///
/// static ANSWERED: WithMinMax<Histogram<HttpSeconds>> = WithMinMax::new();
///
/// assert_eq!(ANSWERED.min_max(), None);
/// ANSWERED.record(5_000_000);
/// ANSWERED.record(20_000_000);
/// assert_eq!(ANSWERED.min_max(), Some((0.005, 0.02)));
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of_val(&ANSWERED), 128 + 16);
/// ```
#[derive(Debug)]
pub struct WithMinMax<H> {
    distribution: H,
    extremes: cell::Extremes,
}

/// A histogram of any kind.
pub trait Distribution: Instrument {
    /// What is recorded.
    type Value: Copy;

    /// Records `value`.
    fn observe(&self, value: Self::Value);

    /// `value` as a float, in the unit that is recorded; none if it will be ignored.
    fn as_float(value: Self::Value) -> Option<f64>;

    /// What is recorded is `10^-DECIMALS` of the unit that is exported.
    const DECIMALS: u8;
}

/// A distribution of nanoseconds.
pub trait Durations: Distribution<Value = u64> {}

impl<H: Distribution> WithMinMax<H> {
    /// A histogram of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { distribution: H::INIT, extremes: cell::Extremes::new() }
    }

    /// Records `value`, as `H` does.
    #[inline]
    pub fn record(&self, value: H::Value) {
        if let Some(float) = H::as_float(value) {
            self.extremes.see(float);
            // Whoever sees that a value was counted sees a smallest and a largest one.
            fence(Ordering::Release);
        }
        self.distribution.observe(value);
    }

    /// The smallest and the largest value, in the unit that is exported; none before the first.
    #[must_use]
    pub fn min_max(&self) -> Option<(f64, f64)> {
        let divisor = Scaled { value: 1, decimals: H::DECIMALS }.divisor().get() as f64;
        self.extremes.load().map(|(min, max)| (min / divisor, max / divisor))
    }

    /// The histogram.
    #[must_use]
    pub fn distribution(&self) -> &H {
        &self.distribution
    }
}

impl<H: Durations> WithMinMax<H> {
    /// Records a duration as whole nanoseconds; one above 584 years counts as that.
    #[inline]
    pub fn record_duration(&self, duration: Duration) {
        self.record(nanoseconds(duration));
    }
}

impl<H: Distribution> Default for WithMinMax<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Distribution> Instrument for WithMinMax<H> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new histogram
    const INIT: Self = Self::new();
    const KIND: Kind = H::KIND.with_min_max();
    // Before the first recording there is no smallest value, and no length for it in OTLP.
    const STARTS_LIVE: bool = false;
    const FLOATS: bool = H::FLOATS;

    fn is_touched(&self) -> bool {
        self.distribution.is_touched()
    }

    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        self.distribution.point(|point| {
            fence(Ordering::Acquire);
            let extremes = self.min_max().map(|(min, max)| Extremes { min, max });
            with(match point {
                Point::Histogram(point) => Point::Histogram(HistogramPoint { extremes, ..point }),
                Point::Exponential(point) => Point::Exponential(ExponentialPoint { extremes, ..point }),
                other => other,
            })
        })
    }
}

impl<B: Buckets> Distribution for Histogram<B> {
    type Value = u64;

    #[inline]
    fn observe(&self, value: u64) {
        self.record(value);
    }

    #[inline]
    fn as_float(value: u64) -> Option<f64> {
        Some(value as f64)
    }

    const DECIMALS: u8 = B::DECIMALS;
}

impl<B: Seconds> Durations for Histogram<B> {}

impl<U: Unit> Distribution for ExponentialHistogram<U> {
    type Value = u64;

    #[inline]
    fn observe(&self, value: u64) {
        self.record(value);
    }

    #[inline]
    fn as_float(value: u64) -> Option<f64> {
        Some(value as f64)
    }

    const DECIMALS: u8 = U::DECIMALS;
}

impl Durations for ExponentialHistogram<Nanoseconds> {}

macro_rules! floats {
    ($(($($generics:tt)*) $distribution:ty, $accepted:expr;)+) => {$(
        impl<$($generics)*> Distribution for $distribution {
            type Value = f64;

            #[inline]
            fn observe(&self, value: f64) {
                self.record(value);
            }

            #[inline]
            fn as_float(value: f64) -> Option<f64> {
                $accepted.contains(&value).then_some(value)
            }

            const DECIMALS: u8 = 0;
        }
    )+};
}

floats! {
    (B: FloatBuckets) FloatHistogram<B>, (0.0..=f64::MAX);
    () FloatExponentialHistogram, (0.0..=f64::MAX);
    () SignedExponentialHistogram, (f64::MIN..=f64::MAX);
}
