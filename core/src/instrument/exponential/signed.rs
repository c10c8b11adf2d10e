//! A distribution of floats on both sides of zero.

use crate::cell::{self, Total};
use crate::instrument::exponential::float::{OCTAVES, Side};
use crate::instrument::{Additive, Instrument};
use crate::visit::{Amount, ExponentialPoint, Kind, Layers, Point};

/// A distribution of floats on both sides of zero, without bounds to choose: temperatures, clock offsets.
///
/// 9,856 bytes, twice a [`FloatExponentialHistogram`](crate::FloatExponentialHistogram), whose promises hold on either
/// side; the scale that is exported is the same for both. OTLP gets no sum, as its definition asks where values can be
/// below zero; Prometheus text gets none either, since a sum that falls reads as a counter that began anew, and OpenMetrics
/// neither sum nor count. Both have explicit bounds only, and here they are zero and powers of two above it.
///
/// ```
/// use picometer::SignedExponentialHistogram;
///
/// static OFFSET: SignedExponentialHistogram = SignedExponentialHistogram::new();
///
/// OFFSET.record(-0.25);
/// OFFSET.record(f64::INFINITY);
/// assert_eq!((OFFSET.count(), OFFSET.ignored()), (1, 1));
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of::<SignedExponentialHistogram>(), 9_856);
/// ```
#[derive(Debug)]
pub struct SignedExponentialHistogram {
    positive: Side,
    negative: Side,
    zero: Total,
    ignored: Total,
}

impl SignedExponentialHistogram {
    /// A histogram of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { positive: Side::new(), negative: Side::new(), zero: Total::new(), ignored: Total::new() }
    }

    /// Records `value`.
    #[inline]
    pub fn record(&self, value: f64) {
        if !value.is_finite() {
            self.ignored.add(1);
        } else if value > 0.0 {
            self.positive.record(value);
        } else if value < 0.0 {
            self.negative.record(-value);
        } else {
            self.zero.add(1);
        }
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.positive.count().wrapping_add(self.negative.count()).wrapping_add(self.zero.load())
    }

    /// How many were not, because they were infinite or not a number.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored.load()
    }
}

impl Default for SignedExponentialHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Instrument for SignedExponentialHistogram {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new histogram
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::ExponentialHistogram { negative: true, min_max: false };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = true;

    fn is_touched(&self) -> bool {
        self.positive.is_touched() || self.negative.is_touched() || self.zero.load() != 0
    }

    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        Self::merged([self], with)
    }
}

impl Additive for SignedExponentialHistogram {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let positive = cells.map(|cell| cell.positive.layers());
        let negative = cells.map(|cell| cell.negative.layers());
        with(Point::Exponential(ExponentialPoint {
            zero_count: cells.iter().map(|cell| cell.zero.load()).fold(0, u64::wrapping_add),
            sum: Amount::Float(cell::sum_of(cells.iter().map(|cell| cell.positive.sum() - cell.negative.sum()))),
            positive: Layers(positive.as_flattened()),
            negative: Layers(negative.as_flattened()),
            octaves: OCTAVES,
            extremes: None,
        }))
    }
}
