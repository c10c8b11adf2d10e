//! Instruments: what a service records into. Each is a few atomics, all-zero at the start, `const`-constructible.

mod buckets;
mod counter;
mod exponential;
mod float_counter;
mod float_gauge;
mod float_histogram;
mod gauge;
mod histogram;
mod min_max;
mod up_down_counter;

pub use buckets::{
    Buckets, Counts, DbSeconds, FloatBuckets, HttpSeconds, Seconds, are_float_bounds, is_bound, scaled,
    strictly_increasing,
};
pub use counter::Counter;
#[doc(hidden)]
pub use exponential::Octave;
pub use exponential::{
    ExponentialHistogram, FloatExponentialHistogram, Nanoseconds, SignedExponentialHistogram, Thousandths, Unit, Whole,
};
pub use float_counter::FloatCounter;
pub use float_gauge::FloatGauge;
pub use float_histogram::FloatHistogram;
pub use gauge::Gauge;
pub use histogram::Histogram;
pub use min_max::{Distribution, Durations, WithMinMax};
pub use up_down_counter::UpDownCounter;

use core::time::Duration;

use crate::visit::{Kind, Point};

/// An instrument whose data points add up, so that its cells can be spread over [stripes](crate::stripe).
pub trait Additive: Instrument {
    /// Hands the sum of the data points of `cells` to `with`, each cell loaded once.
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R;
}

/// Something that records one series.
pub trait Instrument: 'static {
    /// The instrument before the first recording.
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new instrument
    const INIT: Self;

    /// What it is, for exporters.
    const KIND: Kind;

    /// Whether it has something to export before the first recording: a counter has, its zero; a gauge has not.
    const STARTS_LIVE: bool;

    /// Whether its data points hold floats, as values, sums or bounds. An encoder has no code for floats, most of the flash
    /// that it takes, in a program where no metric has any.
    const FLOATS: bool;

    /// Whether anything was recorded.
    fn is_touched(&self) -> bool;

    /// Hands its data point to `with`, each cell loaded once.
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R;
}

/// A duration as whole nanoseconds; one above 584 years counts as that.
#[inline]
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(duration.subsec_nanos()))
}
