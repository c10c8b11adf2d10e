//! A distribution of floats.

use crate::cell::{self, FloatTotal, Total};
use crate::instrument::exponential::cascade::{Cascade, FINEST, Fixed};
use crate::instrument::exponential::octave::Octave;
use crate::instrument::{Additive, Instrument};
use crate::visit::{Amount, ExponentialPoint, Kind, Layer, Layers, Point};

/// A distribution of floats that are not below zero, without bounds to choose.
///
/// 4,936 bytes (24 more without 64-bit atomics). Recording is an atomic addition to a bucket and one to the sum, which
/// is a compare-exchange, tried again when another thread added in between; any number of threads and interrupts may
/// record at once and none is lost. A data point taken while others record may hold a recording in its buckets that is
/// not in its sum yet, or the other way round.
///
/// Every finite value has its bucket, subnormal ones too. What has none is not recorded: infinities and NaN, as the
/// OpenTelemetry metrics SDK specification asks, and values below zero, which a histogram of OpenTelemetry does not
/// expect. [`ignored`](Self::ignored) says how many came. For values below zero there is a
/// [`SignedExponentialHistogram`](crate::SignedExponentialHistogram).
///
/// The middle of a bucket is off a value in it by at most `(base - 1) / (base + 1)`:
///
/// | values seen lie within | scale | error at most |
/// |---|---|---|
/// | 2.5 octaves to either side of the first | 5 | 1.1 % |
/// | 7 octaves to either side of the first (1/128 of it to 128 times it), as a rule 10 | 3 | 4.4 % |
/// | 2^-40 to 2^40 (10^-12 to 10^12) | 2 to 1 | 8.7 % to 17.2 % |
/// | all floats | -4 | one bucket for 16 octaves |
///
/// ```
/// use picometer::FloatExponentialHistogram;
///
/// static LOAD: FloatExponentialHistogram = FloatExponentialHistogram::new();
///
/// LOAD.record(0.75);
/// LOAD.record(f64::NAN);
/// assert_eq!((LOAD.count(), LOAD.ignored()), (1, 1));
/// # #[cfg(target_has_atomic = "64")]
/// assert_eq!(size_of::<FloatExponentialHistogram>(), 4_936);
/// ```
#[derive(Debug)]
pub struct FloatExponentialHistogram {
    side: Side,
    zero: Total,
    ignored: Total,
}

/// The powers of two that are bounds in Prometheus text: from about 10^-6 to 10^6.
pub(super) const OCTAVES: (i8, i8) = (-20, 20);

const OCTAVE: &Octave = &Octave::new(1);

impl FloatExponentialHistogram {
    /// A histogram of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { side: Side::new(), zero: Total::new(), ignored: Total::new() }
    }

    /// Records `value`.
    #[inline]
    pub fn record(&self, value: f64) {
        if value > 0.0 && value <= f64::MAX {
            self.side.record(value);
        } else if value == 0.0 {
            self.zero.add(1);
        } else {
            self.ignored.add(1);
        }
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.side.count().wrapping_add(self.zero.load())
    }

    /// How many were not, because they were below zero, infinite or not a number.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored.load()
    }
}

impl Default for FloatExponentialHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Instrument for FloatExponentialHistogram {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new histogram
    const INIT: Self = Self::new();
    const KIND: Kind = Kind::ExponentialHistogram { negative: false, min_max: false };
    const STARTS_LIVE: bool = true;
    const FLOATS: bool = true;

    fn is_touched(&self) -> bool {
        self.side.is_touched() || self.zero.load() != 0
    }

    fn point<R>(&self, with: impl FnOnce(Point<'_>) -> R) -> R {
        Self::merged([self], with)
    }
}

impl Additive for FloatExponentialHistogram {
    fn merged<R, const S: usize>(cells: [&Self; S], with: impl FnOnce(Point<'_>) -> R) -> R {
        let positive = cells.map(|cell| cell.side.layers());
        with(Point::Exponential(ExponentialPoint {
            zero_count: cells.iter().map(|cell| cell.zero.load()).fold(0, u64::wrapping_add),
            sum: Amount::Float(cell::sum_of(cells.iter().map(|cell| cell.side.sum()))),
            positive: Layers(positive.as_flattened()),
            negative: Layers::NONE,
            octaves: OCTAVES,
            extremes: None,
        }))
    }
}

/// What is on one side of zero.
#[derive(Debug)]
pub(super) struct Side {
    cascade: Cascade,
    /// Every value that a bound in Prometheus text could part is at least in here, so that such bounds stay exact.
    central: Fixed<{ 2 * CENTRAL_OCTAVES as usize }>,
    whole: Fixed<WHOLE>,
    sum: FloatTotal,
}

/// Half octaves, from 2^-40 to 2^40.
const CENTRAL_SCALE: i8 = 1;
const CENTRAL_OCTAVES: i32 = 80;
const CENTRAL_LOW: i32 = -CENTRAL_OCTAVES;

/// 16 octaves in a bucket, from the smallest subnormal float, 2^-1074, to the largest, below 2^1024: -68 to 63.
const WHOLE_SCALE: i8 = -4;
const WHOLE_LOW: i32 = -1075 >> 4;
const WHOLE: usize = ((1023 >> 4) + 1 - WHOLE_LOW) as usize;

const _: () = assert!(OCTAVES.0 as i32 >= -CENTRAL_OCTAVES / 2 && OCTAVES.1 as i32 <= CENTRAL_OCTAVES / 2);

impl Side {
    pub(super) const fn new() -> Self {
        Self { cascade: Cascade::new(), central: Fixed::new(), whole: Fixed::new(), sum: FloatTotal::new() }
    }

    /// Records a value that is finite and above zero.
    #[inline]
    pub(super) fn record(&self, value: f64) {
        let index = OCTAVE.index_float(value);
        if !self.cascade.add(index) {
            let central = self.central.find(index >> (FINEST - CENTRAL_SCALE), CENTRAL_LOW);
            let cell = central.or_else(|| self.whole.find(index >> (FINEST - WHOLE_SCALE), WHOLE_LOW));
            if let Some(cell) = cell {
                cell.add(1);
            }
        }
        self.sum.add(value);
    }

    pub(super) fn count(&self) -> u64 {
        Layers(&self.layers()).span().map_or(0, |span| span.count)
    }

    pub(super) fn sum(&self) -> f64 {
        self.sum.load()
    }

    pub(super) fn is_touched(&self) -> bool {
        self.cascade.is_touched()
    }

    pub(super) fn layers(&self) -> [Layer<'_>; 4] {
        let [fine, middle] = self.cascade.layers();
        let central = self.central.layer(CENTRAL_SCALE, CENTRAL_LOW);
        [fine, middle, central, self.whole.layer(WHOLE_SCALE, WHOLE_LOW)]
    }
}
