//! A sum that grows and shrinks.

use crate::atomic::{AtomicBool, Ordering};
use crate::cell::Balance;
use crate::instrument::{Additive, Instrument};
use crate::visit::{Kind, Number, Point};

/// A sum of changes in both directions: sessions open, items queued.
///
/// 16 bytes (20 without 64-bit atomics): the sum, and whether anything was recorded. Recording is one atomic addition and
/// any number of threads and interrupts may record at once; none is lost. The sum wraps at the ends of `i64`. Without
/// 64-bit atomics what is added and what is taken away are two totals, of which each wraps at 2^63.
///
/// On [stripes](crate::stripe) a visit during changes can meet one and miss an earlier one on another stripe, and so
/// show a sum that never was, below zero even. Stripe only what is read seldom and may be off by what is under way.
///
/// ```
/// static OPEN: picometer::UpDownCounter = picometer::UpDownCounter::new();
///
/// OPEN.inc();
/// OPEN.add(2);
/// OPEN.dec();
/// assert_eq!(OPEN.sum(), 2);
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of::<picometer::UpDownCounter>(), 16);
/// ```
#[derive(Debug, Default)]
pub struct UpDownCounter {
    sum: Balance,
    touched: AtomicBool,
}

impl UpDownCounter {
    /// A sum of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: Balance::new(), touched: AtomicBool::new(false) }
    }

    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Takes one away.
    #[inline]
    pub fn dec(&self) {
        self.add(-1);
    }

    /// Adds `change`, which may be negative.
    #[inline]
    pub fn add(&self, change: i64) {
        self.sum.add(change);
        self.touched.store(true, Ordering::Relaxed);
    }

    /// The sum now.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.sum.load()
    }
}

impl Additive for UpDownCounter {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let sum = cells.into_iter().map(Self::sum).fold(0, i64::wrapping_add);
        with(Point::Number(Number::Signed(sum)))
    }
}

impl Instrument for UpDownCounter {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new counter
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::Sum { monotonic: false };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = false;

    fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        with(Point::Number(Number::Signed(self.sum())))
    }
}
