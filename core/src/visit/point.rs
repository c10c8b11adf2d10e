//! Data points: what a visitor gets of one series.

use core::num::NonZeroU64;

/// What a metric is. Known before the first recording, and the same for all of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A sum.
    Sum {
        /// Whether it only grows.
        monotonic: bool,
    },
    /// A last value.
    Gauge,
    /// A distribution over explicit bounds.
    Histogram {
        /// Upper bounds, inclusive, in the unit that is recorded.
        bounds: &'static [u64],
        /// What is recorded is `10^-decimals` of the unit that is exported.
        decimals: u8,
    },
}

/// One data point, its cells loaded once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point<'a> {
    /// Of a sum or a gauge.
    Number(Number),
    /// Of a histogram.
    Histogram(HistogramPoint<'a>),
}

/// The value of a sum or a gauge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Whole and not negative.
    Unsigned(u64),
    /// Whole.
    Signed(i64),
    /// A float.
    Float(f64),
}

/// A data point of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistogramPoint<'a> {
    /// How many values fell into each bucket, not cumulative; one more than there are bounds.
    pub counts: &'a [u64],
    /// How many values: the sum of `counts`.
    pub count: u64,
    /// Their sum.
    pub sum: Scaled,
    /// Upper bounds, inclusive, in the unit of `sum.value`.
    pub bounds: &'static [u64],
}

/// A decimal fraction: `value` times `10^-decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaled {
    /// In the unit that is recorded.
    pub value: u64,
    /// At most 18.
    pub decimals: u8,
}

impl Scaled {
    /// In the unit that is exported, rounded once: a bound written as `0.005` seconds is that float again.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.value as f64 / self.divisor().get() as f64
    }

    /// `10^decimals`.
    pub(crate) fn divisor(self) -> NonZeroU64 {
        NonZeroU64::new(10_u64.saturating_pow(self.decimals.into())).unwrap_or(NonZeroU64::MIN)
    }
}
