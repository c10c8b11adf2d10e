//! A distribution over bounds that follow the values: base-2 exponential, as OpenTelemetry defines it.
//!
//! Counts never move. Layers of cells lie one behind the other, each coarser and wider than the one before; a value is
//! counted in the first that has room for it. The finest have a window that the first value to reach them puts in its
//! place, for good. The others are where they are from the start, and have room for everything. A reader merges them.

mod cascade;
mod float;
mod octave;
mod signed;
mod unit;

use core::marker::PhantomData;
use core::time::Duration;

use cascade::{FINEST, Fixed, Window};
pub use float::FloatExponentialHistogram;
#[doc(hidden)]
pub use octave::Octave;
pub use signed::SignedExponentialHistogram;
pub use unit::{Nanoseconds, Thousandths, Unit, Whole};

use crate::cell::Total;
use crate::instrument::{Additive, Instrument, nanoseconds};
use crate::visit::{Amount, ExponentialPoint, Kind, Layer, Layers, Point, Scaled};

/// A distribution of whole values, without bounds to choose: durations, sizes.
///
/// `U` says what is recorded: [`Nanoseconds`] (exported in seconds), [`Thousandths`] or [`Whole`]. Buckets are those of
/// the exported unit, and a value is in the right one exactly, without a rounding step in between.
///
/// 5,416 bytes. Recording is two atomic additions, and one compare-exchange for the first value; any number of threads
/// and interrupts may record at once, none is lost and none waits. A data point taken while others record may hold a
/// recording in its buckets that is not in its sum yet, or the other way round. The bounds of the sum are those of a
/// [`Counter`](crate::Counter)'s total; nothing else overflows: every value of a `u64` has its bucket.
///
/// The middle of a bucket is off a value in it by at most `(base - 1) / (base + 1)`:
///
/// | values | scale | error at most |
/// |---|---|---|
/// | are within 2.5 octaves of the first (1 ms: 0.18 ms to 5.6 ms) | 5 | 1.1 % |
/// | span 19 octaves (1 µs to 0.5 s), wherever they lie | 3 | 4.4 % |
/// | span 39 octaves (1 ns to 9 min) | 2 | 8.7 % |
/// | are anywhere in a `u64` | 1 | 17.2 % |
///
/// ```
/// use core::time::Duration;
/// use picometer::{ExponentialHistogram, instrument::Nanoseconds};
///
/// static ANSWERED: ExponentialHistogram<Nanoseconds> = ExponentialHistogram::new();
///
/// ANSWERED.record_duration(Duration::from_micros(830));
/// ANSWERED.record_duration(Duration::from_millis(7));
/// assert_eq!(ANSWERED.count(), 2);
/// assert_eq!(size_of::<ExponentialHistogram<Nanoseconds>>(), 5_416);
/// ```
#[derive(Debug)]
pub struct ExponentialHistogram<U: Unit> {
    fine: Window,
    wide: Fixed<WIDE>,
    zero: Total,
    sum: Total,
    unit: PhantomData<fn(U)>,
}

/// The layer for every `u64`: 8 buckets an octave.
const WIDE_SCALE: i8 = 3;

/// 64 octaves, and a bucket at either end that lies across it.
const WIDE: usize = 514;

impl<U: Unit> ExponentialHistogram<U> {
    const WIDE_LOW: i32 = U::OCTAVE.index(1) >> (FINEST - WIDE_SCALE);

    /// A histogram of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { fine: Window::new(), wide: Fixed::new(), zero: Total::new(), sum: Total::new(), unit: PhantomData }
    }

    /// Records `value`, in the unit that is recorded.
    #[inline]
    pub fn record(&self, value: u64) {
        if let Some(total) = self.bucket(value) {
            total.add(1);
        }
        self.sum.add(value);
    }

    /// Records `value` where nobody else records.
    #[inline]
    pub(crate) fn record_alone(&self, value: u64) {
        if let Some(total) = self.bucket(value) {
            total.add_alone(1);
        }
        self.sum.add_alone(value);
    }

    #[inline]
    fn bucket(&self, value: u64) -> Option<&Total> {
        if value == 0 {
            return Some(&self.zero);
        }
        let index = U::OCTAVE.index(value);
        let fine = self.fine.find(index, || <Window>::around(index)).ok();
        fine.or_else(|| self.wide.find(index >> (FINEST - WIDE_SCALE), Self::WIDE_LOW))
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        let seen = Layers(&self.layers()).span().map_or(0, |span| span.count);
        seen.wrapping_add(self.zero.load())
    }

    fn layers(&self) -> [Layer<'_>; 2] {
        [self.fine.layer(FINEST), self.wide.layer(WIDE_SCALE, Self::WIDE_LOW)]
    }
}

impl ExponentialHistogram<Nanoseconds> {
    /// Records a duration as whole nanoseconds; one above 584 years counts as that.
    #[inline]
    pub fn record_duration(&self, duration: Duration) {
        self.record(nanoseconds(duration));
    }
}

impl<U: Unit> Default for ExponentialHistogram<U> {
    fn default() -> Self {
        Self::new()
    }
}

impl<U: Unit> Instrument for ExponentialHistogram<U> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new histogram
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::ExponentialHistogram { negative: false, min_max: false };
    const STARTS_LIVE: bool = true;
    // Its bounds are powers of two.
    const FLOATS: bool = true;

    fn is_touched(&self) -> bool {
        self.fine.is_touched() || self.zero.load() != 0
    }

    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        Self::merged([self], with)
    }
}

impl<U: Unit> Additive for ExponentialHistogram<U> {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let sum = cells.iter().map(|cell| cell.sum.load()).fold(0, u64::saturating_add);
        let positive = cells.map(Self::layers);
        with(Point::Exponential(ExponentialPoint {
            zero_count: cells.iter().map(|cell| cell.zero.load()).fold(0, u64::wrapping_add),
            sum: Amount::Scaled(Scaled { value: sum, decimals: U::DECIMALS }),
            positive: Layers(positive.as_flattened()),
            negative: Layers::NONE,
            octaves: U::OCTAVES,
            extremes: None,
        }))
    }
}
