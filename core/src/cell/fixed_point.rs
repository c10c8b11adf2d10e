//! A total of floats, where the target has no 64-bit atomics: a fixed point number.
//!
//! An `f32` would take no more notice of 1 from 2^24 on, and an `f64` takes two words, which cannot be exchanged at
//! once. So the whole part and the fraction are added as integers, to totals that only grow: this is wait-free, and a
//! reader never sees the sum fall.

use crate::cell::split::{self, Total};

/// A total of floats that only grows.
///
/// 32 bytes, all-zero at the start. Any number of threads and interrupts may add and load at once; no addition is lost.
/// An addition is wait-free: an atomic addition for each part that is not zero, of four. It has 63 bits before the
/// point, where it wraps, and 48 behind it; what is below that is cut off from each value (3.6 * 10^-15 at most). A value
/// above 2^61 counts as that, and one of 2^48 and more takes the total to 2^62 at most. A load during an addition may
/// see a part of the value added.
#[derive(Debug)]
pub struct FloatTotal {
    whole: Total,
    /// In units of 2^-16, 2^-32 and 2^-48. Each addition adds less than 2^16, so they last for 2^47 additions.
    parts: [Total; 3],
}

const UNIT: f64 = 65_536.0;

/// The most that a total of two halves takes at once.
const MOST: f64 = split::MOST as f64;

impl FloatTotal {
    /// A total of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { whole: Total::new(), parts: [const { Total::new() }; 3] }
    }

    /// Adds `value`, which is finite and not below zero; the caller sees to that.
    #[inline]
    pub fn add(&self, value: f64) {
        let mut rest = value.min(MOST);
        let mut digit = rest as u64;
        let totals = core::iter::once(&self.whole).chain(&self.parts);
        for total in totals {
            if digit != 0 {
                total.add(digit);
            }
            // Exact: a subtraction of the whole part, and a product with a power of two.
            rest = (rest - digit as f64) * UNIT;
            digit = rest.min(UNIT - 1.0) as u64;
        }
    }

    /// The total now.
    #[must_use]
    pub fn load(&self) -> f64 {
        let parts = self.parts.iter().rev().fold(0.0, |sum, total| (sum + total.load() as f64) / UNIT);
        self.whole.load() as f64 + parts
    }
}

impl Default for FloatTotal {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn it_takes_notice_of_every_small_value() {
        let total = FloatTotal::new();
        total.add(4_294_967_296.0);
        for _ in 0..100_000 {
            total.add(0.000_1);
        }
        assert!((total.load() - 4_294_967_306.0).abs() < 1e-6, "{}", total.load());
    }

    #[test]
    fn what_48_bits_hold_is_exact() {
        let total = FloatTotal::new();
        let mut model = 0.0;
        for value in [1.5, 0.25, 65_535.999_984_741_21, 2.0_f64.powi(-48), 1e9 + 2.0_f64.powi(-20), 0.0] {
            total.add(value);
            model += value;
            assert_eq!(total.load(), model, "after {value}");
        }
        let total = FloatTotal::new();
        total.add(1e300);
        assert_eq!(total.load(), MOST, "a value above the range counts as its end");
    }
}
