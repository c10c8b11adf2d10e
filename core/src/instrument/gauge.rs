//! The last value of something whole.

use crate::atomic::{AtomicBool, Ordering};
use crate::cell::Level;
use crate::instrument::Instrument;
use crate::visit::{Kind, Number, Point};

/// The last value of something whole: a queue's capacity, a temperature in millidegrees.
///
/// 16 bytes (8 without 64-bit atomics, where the value saturates at the ends of `i32`): the value, and whether one was
/// set; a gauge that was never set exports nothing. The last of several concurrent stores wins.
///
/// ```
/// static CAPACITY: picometer::Gauge = picometer::Gauge::new();
///
/// assert_eq!(CAPACITY.value(), None);
/// CAPACITY.set(-7);
/// assert_eq!(CAPACITY.value(), Some(-7));
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of::<picometer::Gauge>(), 16);
/// ```
#[derive(Debug, Default)]
pub struct Gauge {
    level: Level,
    touched: AtomicBool,
}

impl Gauge {
    /// A gauge that was never set.
    #[must_use]
    pub const fn new() -> Self {
        Self { level: Level::new(), touched: AtomicBool::new(false) }
    }

    /// Sets the value.
    #[inline]
    pub fn set(&self, value: i64) {
        self.level.store_int(value);
        self.touched.store(true, Ordering::Release);
    }

    /// The value now, if one was ever set.
    #[must_use]
    pub fn value(&self) -> Option<i64> {
        self.touched.load(Ordering::Acquire).then(|| self.level.load_int())
    }
}

impl Instrument for Gauge {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new gauge
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::Gauge;
    const STARTS_LIVE: bool = false;
    const FLOATS: bool = false;

    fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Acquire)
    }

    #[inline(always)]
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        with(Point::Number(Number::Signed(self.level.load_int())))
    }
}
