//! Instruments: what a service records into. Each is a few atomics, all-zero at the start, `const`-constructible.

mod buckets;
mod counter;
mod float_gauge;
mod gauge;
mod histogram;
mod up_down_counter;

pub use buckets::{Buckets, Counts, DbSeconds, HttpSeconds, Seconds, is_bound, scaled, strictly_increasing};
pub use counter::Counter;
pub use float_gauge::FloatGauge;
pub use gauge::Gauge;
pub use histogram::Histogram;
pub(crate) use histogram::nanoseconds;
pub use up_down_counter::UpDownCounter;

use crate::visit::{Kind, Point};

/// An instrument whose data points add up, so that its cells can be spread over [stripes](crate::stripe).
pub trait Additive: Instrument {
    /// Hands the sum of the data points of `cells` to `with`, each cell loaded once.
    fn merged<'a, R>(cells: impl Iterator<Item = &'a Self>, with: impl FnOnce(Point<'_>) -> R) -> R;
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

    /// Whether anything was recorded.
    fn is_touched(&self) -> bool;

    /// Hands its data point to `with`, each cell loaded once.
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R;
}
