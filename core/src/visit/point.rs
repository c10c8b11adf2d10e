//! Data points: what a visitor gets of one series.

use core::num::NonZeroU64;

use crate::visit::ExponentialPoint;

/// What a metric is. Known before the first recording, and the same for all of its series.
#[derive(Debug, Clone, Copy, PartialEq)]
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
        /// Upper bounds, inclusive.
        bounds: Bounds,
        /// Whether its data points have a smallest and a largest value.
        min_max: bool,
    },
    /// A distribution over bounds that are powers of one base.
    ExponentialHistogram {
        /// Whether values below zero have buckets.
        negative: bool,
        /// Whether its data points have a smallest and a largest value.
        min_max: bool,
    },
}

impl Kind {
    /// The same, with a smallest and a largest value where there is a distribution.
    pub(crate) const fn with_min_max(self) -> Self {
        match self {
            Self::Histogram { bounds, .. } => Self::Histogram { bounds, min_max: true },
            Self::ExponentialHistogram { negative, .. } => Self::ExponentialHistogram { negative, min_max: true },
            other => other,
        }
    }
}

/// The upper bounds of a histogram, inclusive and increasing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bounds {
    /// Whole multiples of `10^-decimals` of the unit that is exported.
    Scaled {
        /// In the unit that is recorded.
        bounds: &'static [u64],
        /// What is recorded is `10^-decimals` of the unit that is exported.
        decimals: u8,
    },
    /// Floats, in the unit that is exported.
    Float(&'static [f64]),
}

impl Bounds {
    /// How many bounds there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::Scaled { bounds, .. } => bounds.len(),
            Self::Float(bounds) => bounds.len(),
        }
    }

    /// The bound with this number, counted from zero.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<Amount> {
        match self {
            Self::Scaled { bounds, decimals } => {
                bounds.get(index).map(|value| Amount::Scaled(Scaled { value: *value, decimals: *decimals }))
            }
            Self::Float(bounds) => bounds.get(index).map(|value| Amount::Float(*value)),
        }
    }
}

/// One data point, its cells loaded once.
#[derive(Debug, Clone, Copy)]
pub enum Point<'a> {
    /// Of a sum or a gauge.
    Number(Number),
    /// Of a histogram.
    Histogram(HistogramPoint<'a>),
    /// Of an exponential histogram. Its cells are not loaded yet: the visitor does it, once.
    Exponential(ExponentialPoint<'a>),
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

impl Number {
    /// The sum of the values of two series of one metric. It stops at the largest number; where values may fall it wraps, as
    /// they do.
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unsigned(a), Self::Unsigned(b)) => Self::Unsigned(a.saturating_add(b)),
            (Self::Signed(a), Self::Signed(b)) => Self::Signed(a.wrapping_add(b)),
            (Self::Float(a), Self::Float(b)) => Self::Float(sum(a, b)),
            // Two series of one metric have one kind of number.
            (first, _) => first,
        }
    }
}

/// The sum of two floats, which stops at the largest.
fn sum(a: f64, b: f64) -> f64 {
    if a.is_finite() && b.is_finite() { (a + b).clamp(f64::MIN, f64::MAX) } else { a + b }
}

/// A data point of a histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramPoint<'a> {
    /// How many values fell into each bucket, not cumulative; one more than there are bounds.
    pub counts: &'a [u64],
    /// How many values: the sum of `counts`.
    pub count: u64,
    /// Their sum.
    pub sum: Amount,
    /// Upper bounds, inclusive.
    pub bounds: Bounds,
    /// The smallest and the largest, where the instrument keeps them and there is one.
    pub extremes: Option<Extremes>,
}

/// The smallest and the largest value, in the unit that is exported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// A sum or a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// A decimal fraction.
    Scaled(Scaled),
    /// A float, in the unit that is exported.
    Float(f64),
}

impl Amount {
    /// The sum of the sums of two series of one metric. It stops at the largest number.
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Scaled(Scaled { value, decimals }), Self::Scaled(other)) => {
                Self::Scaled(Scaled { value: value.saturating_add(other.value), decimals })
            }
            (a, b) => Self::Float(sum(a.to_f64(), b.to_f64())),
        }
    }

    /// In the unit that is exported.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Scaled(value) => value.to_f64(),
            Self::Float(value) => value,
        }
    }
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
        const TEN: NonZeroU64 = NonZeroU64::new(10).unwrap();
        TEN.saturating_pow(self.decimals.into())
    }
}
