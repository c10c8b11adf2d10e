//! A total of floats that only grows.

use crate::cell::{self, FloatTotal};
use crate::instrument::{Additive, Instrument};
use crate::visit::{Kind, Number, Point};

/// A total of floats that only grows: seconds spent, joules used.
///
/// Eight bytes. Recording is a compare-exchange, tried again when another thread or interrupt added in between; nobody
/// waits, any number may record at once, and none is lost. What is not finite or is below zero is ignored, since a
/// total that only grows has no place for it. The total is rounded as any `f64` is, so it takes no notice of 1 from
/// 2^53 on, and stops at the largest `f64`.
///
/// Without 64-bit atomics it is a fixed point number of 32 bytes, where recording is at most four atomic additions: 63
/// bits before the point, where it wraps, and 48 behind it, below which values are cut off.
///
/// ```
/// static BUSY: picometer::FloatCounter = picometer::FloatCounter::new();
///
/// BUSY.add(0.5);
/// BUSY.add(0.25);
/// BUSY.add(-1.0); // ignored
/// BUSY.add(f64::NAN); // ignored
/// assert_eq!(BUSY.total(), 0.75);
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of::<picometer::FloatCounter>(), 8);
/// ```
#[derive(Debug, Default)]
pub struct FloatCounter(FloatTotal);

impl FloatCounter {
    /// A counter at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(FloatTotal::new())
    }

    /// Adds `value`, if it is finite and above zero.
    #[inline]
    pub fn add(&self, value: f64) {
        if value > 0.0 && value <= f64::MAX {
            self.0.add(value);
        }
    }

    /// The total now.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.0.load()
    }
}

impl Additive for FloatCounter {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        with(Point::Number(Number::Float(cell::sum_of(cells.into_iter().map(Self::total)))))
    }
}

impl Instrument for FloatCounter {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new counter
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::Sum { monotonic: true };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = true;

    fn is_touched(&self) -> bool {
        self.0.load() != 0.0
    }

    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        with(Point::Number(Number::Float(self.0.load())))
    }
}
