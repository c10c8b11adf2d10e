//! The cell where the target has 64-bit atomics.

use crate::atomic::{AtomicU64, Ordering};

/// A 64-bit total that only grows, wrapping at 2^64.
///
/// Eight bytes, all-zero at the start. Any number of threads and interrupts may add and load at once; no addition is
/// lost.
#[derive(Debug)]
pub struct Total(AtomicU64);

impl Total {
    /// A total of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds `n`: one atomic addition.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Adds `n` where nobody else adds: a load and a store.
    #[inline]
    pub fn add_alone(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
    }

    /// The total now.
    #[inline]
    #[must_use]
    pub fn load(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Total {
    fn default() -> Self {
        Self::new()
    }
}

/// A sum of changes in both directions, wrapping at the ends of `i64`. Eight bytes; promises as for [`Total`].
#[derive(Debug, Default)]
pub struct Balance(Total);

impl Balance {
    /// A sum of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(Total::new())
    }

    /// Adds `change`: one atomic addition.
    #[inline]
    pub fn add(&self, change: i64) {
        self.0.add(change.cast_unsigned());
    }

    /// The sum now.
    #[inline]
    #[must_use]
    pub fn load(&self) -> i64 {
        self.0.load().cast_signed()
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
