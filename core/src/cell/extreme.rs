//! The smallest and the largest of many floats.

#[cfg(not(target_has_atomic = "64"))]
use crate::atomic::AtomicU32 as Word;
#[cfg(target_has_atomic = "64")]
use crate::atomic::AtomicU64 as Word;
use crate::atomic::Ordering;

#[cfg(target_has_atomic = "64")]
use core::convert::{identity as narrowed, identity as widened};
#[cfg(not(target_has_atomic = "64"))]
use half::{narrowed, widened};

/// The smallest and the largest of the floats it has seen.
///
/// 16 bytes, all-zero at the start. Taking notice is wait-free where the target has an atomic maximum, and a
/// compare-exchange that is tried again elsewhere; any number of threads and interrupts may do it at once. Without
/// 64-bit atomics it is eight bytes and keeps the upper half of each float: the smallest may then be too small, and the
/// largest too large, by a millionth.
#[derive(Debug)]
pub struct Extremes {
    /// Keys of the largest, and of the smallest with all bits inverted. Zero is the key of no number.
    largest: Word,
    smallest: Word,
}

impl Extremes {
    /// Of no floats.
    #[must_use]
    pub const fn new() -> Self {
        Self { largest: Word::new(0), smallest: Word::new(0) }
    }

    /// Takes notice of `value`, which is a number.
    #[inline]
    pub fn see(&self, value: f64) {
        let key = key(value);
        raise(&self.largest, key);
        raise(&self.smallest, !key);
    }

    /// The smallest and the largest, if any was seen.
    #[must_use]
    pub fn load(&self) -> Option<(f64, f64)> {
        let (smallest, largest) = (self.smallest.load(Ordering::Relaxed), self.largest.load(Ordering::Relaxed));
        (smallest != 0 && largest != 0).then(|| (float(!widened(smallest)), float(widened(largest))))
    }
}

impl Default for Extremes {
    fn default() -> Self {
        Self::new()
    }
}

/// Keys are in the order of their floats; those of the numbers are neither all zeros nor all ones.
#[inline]
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

fn float(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 0 { !key } else { key & !(1 << 63) })
}

#[inline]
fn raise(word: &Word, key: u64) {
    let held = narrowed(key);
    // As a rule there is nothing to do, and a load disturbs no other thread.
    if word.load(Ordering::Relaxed) < held {
        word.fetch_max(held, Ordering::Relaxed);
    }
}

// Where it is not used it is still tested.
#[cfg(any(test, not(target_has_atomic = "64")))]
#[cfg_attr(target_has_atomic = "64", allow(dead_code))]
mod half {
    #[inline]
    pub(super) fn narrowed(key: u64) -> u32 {
        (key >> 32) as u32
    }

    /// The largest key that has this upper half.
    pub(super) fn widened(half: u32) -> u64 {
        (u64::from(half) << 32) | u64::from(u32::MAX)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn half_a_key_is_off_by_a_millionth_outwards() {
        for value in [-1e300, -3.7, -1.0, 0.0, f64::MIN_POSITIVE, 0.1, 1.0, 20.000_000_001, 1e300] {
            let largest = float(half::widened(half::narrowed(key(value))));
            let smallest = float(!half::widened(half::narrowed(!key(value))));
            assert!(smallest <= value && value <= largest, "{smallest} {value} {largest}");
            assert!(largest - smallest <= value.abs() * 1e-6 + f64::MIN_POSITIVE, "{smallest} {value} {largest}");
        }
    }

    #[test]
    fn it_keeps_both_ends_in_any_order() {
        let ends = [f64::MIN, -1.0, -f64::MIN_POSITIVE, 0.0, f64::from_bits(1), 1.0, f64::MAX];
        for (i, low) in ends.iter().enumerate() {
            for high in &ends[i..] {
                let extremes = Extremes::new();
                assert_eq!(extremes.load(), None);
                extremes.see(*high);
                extremes.see(*low);
                assert_eq!(extremes.load(), Some((*low, *high)));
            }
        }
    }
}

#[cfg(all(test, loom))]
mod interleavings {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn neither_end_is_lost() {
        loom::model(|| {
            let extremes = Arc::new(Extremes::new());
            let _ = extremes.load(); // creates loom's atomics
            let other = {
                let extremes = Arc::clone(&extremes);
                thread::spawn(move || extremes.see(2.0))
            };
            extremes.see(1.0);
            other.join().unwrap();
            assert_eq!(extremes.load(), Some((1.0, 2.0)));
        });
    }
}
