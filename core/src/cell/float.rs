//! A total of floats, where the target has 64-bit atomics: the bits of one.

use crate::atomic::{AtomicU64, Ordering};

/// A total of floats that only grows.
///
/// Eight bytes, all-zero at the start. Any number of threads and interrupts may add and load at once; no addition is
/// lost. An addition is a compare-exchange that is tried again when another addition came in between: it never waits
/// for another, but of `n` that meet one may need `n` attempts. What is added is rounded as any `f64` is: a total of
/// 2^53 no longer takes notice of 1. It stops at the largest `f64`.
#[derive(Debug)]
pub struct FloatTotal(AtomicU64);

impl FloatTotal {
    /// A total of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds `value`, which is finite and not below zero; the caller sees to that.
    #[inline]
    pub fn add(&self, value: f64) {
        let mut held = self.0.load(Ordering::Relaxed);
        loop {
            let sum = (f64::from_bits(held) + value).min(f64::MAX).to_bits();
            // Each failure is an addition that another completed, so as many fail as others are at it.
            match self.0.compare_exchange_weak(held, sum, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => held = now,
            }
        }
    }

    /// The total now.
    #[inline]
    #[must_use]
    pub fn load(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

impl Default for FloatTotal {
    fn default() -> Self {
        Self::new()
    }
}
