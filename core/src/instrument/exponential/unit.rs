//! What whole numbers mean.

use crate::instrument::exponential::Octave;

/// What the whole values of an [`ExponentialHistogram`](crate::ExponentialHistogram) are parts of.
///
/// Implement it for a unit of your own:
/// ```
/// /// Microseconds, exported in seconds.
/// struct Microseconds;
/// impl picometer::instrument::Unit for Microseconds {
///     const DECIMALS: u8 = 6;
///     const OCTAVES: (i8, i8) = (-20, 10);
/// }
/// ```
pub trait Unit: 'static {
    /// What is recorded is `10^-DECIMALS` of the unit that is exported; at most 18.
    const DECIMALS: u8;

    /// The first and the last power of two of the exported unit that is a bound in Prometheus text, which knows
    /// explicit bounds only: at most 65 of them.
    const OCTAVES: (i8, i8);

    /// Follows from `DECIMALS`: leave it as it is.
    #[doc(hidden)]
    const OCTAVE: &'static Octave = &Octave::of_decimals(Self::DECIMALS, Self::OCTAVES);
}

/// Nanoseconds, exported in seconds; bounds in Prometheus text from about a microsecond to 17 minutes.
#[derive(Debug, Clone, Copy)]
pub struct Nanoseconds;

impl Unit for Nanoseconds {
    const DECIMALS: u8 = 9;
    const OCTAVES: (i8, i8) = (-20, 10);
}

/// Thousandths of the exported unit; bounds in Prometheus text from about a thousandth to a million.
#[derive(Debug, Clone, Copy)]
pub struct Thousandths;

impl Unit for Thousandths {
    const DECIMALS: u8 = 3;
    const OCTAVES: (i8, i8) = (-10, 20);
}

/// Whole units; bounds in Prometheus text from 1 to 2^40.
#[derive(Debug, Clone, Copy)]
pub struct Whole;

impl Unit for Whole {
    const DECIMALS: u8 = 0;
    const OCTAVES: (i8, i8) = (0, 40);
}
