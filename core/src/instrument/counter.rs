//! A total that only grows.

use crate::cell::Total;
use crate::instrument::{Additive, Instrument};
use crate::visit::{Kind, Number, Point};

/// A total that only grows: requests answered, bytes sent.
///
/// Eight bytes. Recording is one atomic addition (two on the rare carry where there are no 64-bit atomics) and any number
/// of threads and interrupts may record at once; none is lost.
///
/// It is exact up to 2^64 - 2^60 (2^62 without 64-bit atomics), which is the most that amounts of 2^48 and more take it
/// to: a wrong argument does not start the total anew, which a rate would take for a restart. (Without 64-bit atomics such
/// an amount counts as at most 2^61.) Smaller amounts add up beyond, and it wraps at 2^64 (2^63).
///
/// ```
/// static SENT: picometer::Counter = picometer::Counter::new();
///
/// SENT.inc();
/// SENT.add(41);
/// assert_eq!(SENT.total(), 42);
/// assert_eq!(size_of::<picometer::Counter>(), 8);
/// ```
#[derive(Debug, Default)]
pub struct Counter(Total);

impl Counter {
    /// A counter at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(Total::new())
    }

    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.0.add(1);
    }

    /// Adds `n`. One of 2^48 and more is a compare-exchange, tried again when another addition got in between.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.add(n);
    }

    /// Adds `n` where nobody else adds.
    #[inline]
    pub(crate) fn add_alone(&self, n: u64) {
        self.0.add_alone(n);
    }

    /// The total now.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.load()
    }
}

impl Additive for Counter {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let total = cells.into_iter().map(Self::total).fold(0, u64::saturating_add);
        with(Point::Number(Number::Unsigned(total)))
    }
}

impl Instrument for Counter {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new counter
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::Sum { monotonic: true };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = false;

    fn is_touched(&self) -> bool {
        self.0.load() != 0
    }

    #[inline(always)]
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        with(Point::Number(Number::Unsigned(self.0.load())))
    }
}
