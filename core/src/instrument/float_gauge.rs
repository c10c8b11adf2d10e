//! The last value of something measured.

use crate::atomic::{AtomicBool, Ordering};
use crate::cell::Level;
use crate::instrument::Instrument;
use crate::visit::{Kind, Number, Point};

/// The last value of something measured: a temperature, a load average.
///
/// 16 bytes (8 without 64-bit atomics, where the value is rounded to `f32`): the value, and whether one was
/// set; a gauge that was never set exports nothing. The last of several concurrent stores wins.
///
/// ```
/// static LOAD: picometer::FloatGauge = picometer::FloatGauge::new();
///
/// assert_eq!(LOAD.value(), None);
/// LOAD.set(0.25);
/// assert_eq!(LOAD.value(), Some(0.25));
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of::<picometer::FloatGauge>(), 16);
/// ```
#[derive(Debug, Default)]
pub struct FloatGauge {
    level: Level,
    touched: AtomicBool,
}

impl FloatGauge {
    /// A gauge that was never set.
    #[must_use]
    pub const fn new() -> Self {
        Self { level: Level::new(), touched: AtomicBool::new(false) }
    }

    /// Sets the value.
    #[inline]
    pub fn set(&self, value: f64) {
        self.level.store_float(value);
        self.touched.store(true, Ordering::Release);
    }

    /// The value now, if one was ever set.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.touched.load(Ordering::Acquire).then(|| self.level.load_float())
    }
}

impl Instrument for FloatGauge {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new gauge
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::Gauge;
    const STARTS_LIVE: bool = false;
    const FLOATS: bool = true;

    fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Acquire)
    }

    #[inline(always)]
    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        with(Point::Number(Number::Float(self.level.load_float())))
    }
}
