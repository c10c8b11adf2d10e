//! The cells: what an instrument is made of.
//!
//! With 64-bit atomics each is one of them. Without, as on most 32-bit targets, a total is two 32-bit halves, because the
//! 64-bit fallback of `portable-atomic` takes a lock there, and an interrupt that waits for a lock held by the code it
//! interrupted never returns.

/// From here on an amount is absurd: 78 hours of nanoseconds, 281 TB. Alone it takes a [`Total`] to its ceiling and no
/// further, so that one wrong argument does not start the total anew.
const ABSURD: u64 = 1 << 48;

// Where it is not used it is still tested.
#[cfg(any(test, not(target_has_atomic = "64")))]
#[cfg_attr(target_has_atomic = "64", allow(dead_code, unreachable_pub))]
mod split;

// Tested everywhere, too.
#[cfg(any(test, not(target_has_atomic = "64")))]
#[cfg_attr(target_has_atomic = "64", allow(dead_code, unreachable_pub))]
mod fixed_point;

mod extreme;
#[cfg(target_has_atomic = "64")]
mod float;
#[cfg(target_has_atomic = "64")]
mod native;

pub use extreme::Extremes;
#[cfg(not(target_has_atomic = "64"))]
pub use fixed_point::FloatTotal;
#[cfg(target_has_atomic = "64")]
pub use float::FloatTotal;
#[cfg(target_has_atomic = "64")]
pub use native::{Balance, Level, Total};
#[cfg(not(target_has_atomic = "64"))]
pub use split::{Balance, Level, Total};

/// The sum of several totals of floats, which stops at the largest `f64` as each of them does.
pub(crate) fn sum_of(totals: impl Iterator<Item = f64>) -> f64 {
    totals.sum::<f64>().clamp(f64::MIN, f64::MAX)
}
