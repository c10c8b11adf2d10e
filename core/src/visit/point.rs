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
    /// The sum of the values of two series of one metric of this kind. It stops at the ends of its type, but for a sum that
    /// may fall, which wraps as its series do. Without `floats` there is no code that adds them.
    #[inline(always)]
    pub(crate) fn plus(self, other: Self, kind: Kind, floats: bool) -> Self {
        match (self, other) {
            (Self::Unsigned(a), Self::Unsigned(b)) => Self::Unsigned(a.saturating_add(b)),
            (Self::Signed(a), Self::Signed(b)) if matches!(kind, Kind::Gauge) => Self::Signed(a.saturating_add(b)),
            (Self::Signed(a), Self::Signed(b)) => Self::Signed(a.wrapping_add(b)),
            (Self::Float(a), Self::Float(b)) if floats => Self::Float(sum(a, b)),
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
    /// The sum of the sums of two series of one metric. It stops at the largest number. Without `floats` there is no code
    /// that adds them.
    #[inline(always)]
    pub(crate) fn plus(self, other: Self, floats: bool) -> Self {
        match (self, other) {
            (Self::Scaled(Scaled { value, decimals }), Self::Scaled(other)) => {
                Self::Scaled(Scaled { value: value.saturating_add(other.value), decimals })
            }
            (Self::Float(a), Self::Float(b)) if floats => Self::Float(sum(a, b)),
            // Two series of one metric have one kind of sum.
            (first, _) => first,
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

/// Up to here every whole number is an `f64`.
const EXACT: u64 = 1 << 53;

impl Scaled {
    /// In the unit that is exported, rounded once: a bound written as `0.005` seconds is that float again.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let divisor = self.divisor();
        if self.value <= EXACT {
            // Both are exact: 10^18 is 5^18, below 2^53, times a power of two.
            return self.value as f64 / divisor.get() as f64;
        }
        // The quotient as a whole number of 56 bits or more, and how far it was moved to get them.
        let (mut quotient, mut rest) = (self.value / divisor, self.value % divisor);
        let mut moved = 0;
        while quotient < EXACT << 3 {
            // The rest is below the divisor, so it can be moved as far as the divisor.
            let bits = divisor.leading_zeros().min(quotient.leading_zeros());
            rest <<= bits;
            quotient = (quotient << bits) | (rest / divisor);
            rest %= divisor;
            moved += bits;
        }
        // Whether anything is left is all that rounding needs to know of it, so the last bit tells.
        let power = f64::from_bits(u64::from(1023_u32.saturating_sub(moved)) << 52);
        (quotient | u64::from(rest != 0)) as f64 * power
    }

    /// `10^decimals`.
    pub(crate) fn divisor(self) -> NonZeroU64 {
        const TEN: NonZeroU64 = NonZeroU64::new(10).unwrap();
        TEN.saturating_pow(self.decimals.into())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::format;

    use super::*;

    /// The nearest `f64`, as the standard library reads it from a decimal fraction.
    fn nearest(value: u64, decimals: u8) -> f64 {
        format!("{value}e-{decimals}").parse().expect("a number")
    }

    #[test]
    fn decimal_fractions_are_rounded_once() {
        let around = |value: u64| (0..100).flat_map(move |step| [value.wrapping_add(step), value.wrapping_sub(step)]);
        let mut step = 0x9e37_79b9_7f4a_7c15_u64;
        let anywhere = core::iter::repeat_with(|| {
            step = step.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            step >> (step % 13)
        });
        let bounds = [0, 1 << 53, 1 << 54, 1 << 63, u64::MAX / 3, 10_u64.pow(18), 18_000_000_000_000_000_000];
        for value in bounds.into_iter().flat_map(around).chain(anywhere.take(20_000)) {
            for decimals in 0..=18 {
                let float = Scaled { value, decimals }.to_f64();
                assert_eq!(float, nearest(value, decimals), "{value} of 10^-{decimals}");
            }
        }
    }
}
