//! The cell where the target has 64-bit atomics.

use crate::atomic::{AtomicU64, Ordering};
use crate::cell::ABSURD;

/// A 64-bit total that only grows.
///
/// Eight bytes, all-zero at the start. Any number of threads and interrupts may add and load at once; no addition is
/// lost. It is exact up to 2^64 - 2^60, which is the most that amounts of 2^48 and more take it to. Smaller amounts add up
/// beyond, and it wraps at 2^64.
#[derive(Debug)]
pub struct Total(AtomicU64);

impl Total {
    /// A total of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds `n`: one atomic addition. One of 2^48 and more is a compare-exchange, tried again when another addition got in
    /// between.
    #[inline]
    pub fn add(&self, n: u64) {
        if n < SMALL {
            self.0.fetch_add(n, Ordering::Relaxed);
        } else {
            self.add_large(n);
        }
    }

    /// Adds `n` where nobody else adds: a load and a store.
    #[inline]
    pub fn add_alone(&self, n: u64) {
        let total = self.0.load(Ordering::Relaxed);
        let after = if n < ABSURD { total.wrapping_add(n) } else { capped(total, n) };
        self.0.store(after, Ordering::Relaxed);
    }

    #[cold]
    #[inline(never)]
    fn add_large(&self, n: u64) {
        if n < ABSURD {
            self.0.fetch_add(n, Ordering::Relaxed);
        } else {
            let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |total| Some(capped(total, n)));
        }
    }

    /// The total now.
    #[inline]
    #[must_use]
    pub fn load(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A bound that fits into an instruction, far below [`ABSURD`]: the hot path compares with it.
const SMALL: u64 = 1 << 31;

/// The most that an absurd amount takes a total to. Ordinary ones have 2^60 to add up beyond, 36 years of
/// nanoseconds.
const CEILING: u64 = u64::MAX - (1 << 60) + 1;

/// A total after an absurd amount.
const fn capped(total: u64, n: u64) -> u64 {
    let after = total.saturating_add(n);
    let after = if after < CEILING { after } else { CEILING };
    if after < total { total } else { after }
}

impl Default for Total {
    fn default() -> Self {
        Self::new()
    }
}

/// A sum of changes in both directions, wrapping at the ends of `i64`. Eight bytes, all-zero at the start. Any number of
/// threads and interrupts may add and load at once; no addition is lost.
#[derive(Debug)]
pub struct Balance(AtomicU64);

impl Balance {
    /// A sum of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds `change`: one atomic addition.
    #[inline]
    pub fn add(&self, change: i64) {
        self.0.fetch_add(change.cast_unsigned(), Ordering::Relaxed);
    }

    /// The sum now.
    #[inline]
    #[must_use]
    pub fn load(&self) -> i64 {
        self.0.load(Ordering::Relaxed).cast_signed()
    }
}

impl Default for Balance {
    fn default() -> Self {
        Self::new()
    }
}

/// The last value of something: all of an `i64` or an `f64`. Eight bytes; the last store wins.
#[derive(Debug)]
pub struct Level(AtomicU64);

impl Level {
    /// Zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Sets a whole value.
    #[inline]
    pub fn store_int(&self, value: i64) {
        self.0.store(value.cast_unsigned(), Ordering::Relaxed);
    }

    /// The whole value now.
    #[must_use]
    pub fn load_int(&self) -> i64 {
        self.0.load(Ordering::Relaxed).cast_signed()
    }

    /// Sets a float.
    #[inline]
    pub fn store_float(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// The float now.
    #[must_use]
    pub fn load_float(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::new()
    }
}
