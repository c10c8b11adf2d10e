//! The cell where the target has no 64-bit atomics: two 32-bit halves.
//!
//! The high half does not hold the upper 32 bits: it counts how often bit 31 of the low half has flipped. Bit 31 is
//! then the parity of a complete count, and a reader that finds them apart knows that one flip is still on its way.

use crate::atomic::{AtomicU32, Ordering};
use crate::cell::ABSURD;

/// A 64-bit total that only grows.
///
/// Eight bytes, all-zero at the start. Adding is wait-free, from any number of threads and interrupts, and never
/// disables interrupts; no addition is lost. A load is exact unless two writers have both been stopped inside an
/// addition that carries, and may meet a part of one that adds 2^31 or more; it is exact again when they go on.
///
/// It is exact up to 2^62, which is the most that amounts of 2^48 and more take it to; each of them counts as at most
/// 2^61, so that one which interrupts another does not take it further. Smaller amounts add up beyond, and it wraps at
/// 2^63.
#[derive(Debug)]
pub struct Total {
    low: AtomicU32,
    flips: AtomicU32,
}

const TOP: u32 = 1 << 31;

/// The most that an absurd amount takes a total to. Ordinary ones have as much again to add up beyond.
const CEILING: u64 = 1 << 62;

/// The most that an absurd amount counts as.
pub(super) const MOST: u64 = CEILING / 2;

/// Loads tried for a stable high half. Each failure needs 2^31 counted between two loads, so the second succeeds;
/// the bound is there so that a load always ends.
const ATTEMPTS: u32 = 8;

impl Total {
    /// A total of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { low: AtomicU32::new(0), flips: AtomicU32::new(0) }
    }

    /// Adds `n`: one atomic addition, and one more when it carries.
    ///
    /// An `n` of 2^31 and more is added in parts, which a load may meet.
    #[inline(always)] // with what is known of `n` it is a few instructions, fewer than a call with its arguments
    pub fn add(&self, n: u64) {
        if n < u64::from(TOP) { self.add_low(n as u32) } else { Self::add_large(n, self) }
    }

    /// Adds `n`, and wraps.
    #[inline(always)]
    fn add_wrapping(&self, n: u64) {
        if n < u64::from(TOP) { self.add_low(n as u32) } else { Self::add_parts(n, self) }
    }

    /// Adds at most 2^31, which flips bit 31 once or not at all.
    #[inline(always)]
    fn add_low(&self, n: u32) {
        // Released, so that a reader that meets this half also meets the flips counted before it.
        let before = self.low.fetch_add(n, Ordering::Release);
        if (before ^ before.wrapping_add(n)) & TOP != 0 {
            self.count_flips(1);
        }
    }

    /// Adds `n` where nobody else adds: loads and stores.
    #[inline]
    pub fn add_alone(&self, n: u64) {
        if n >= u64::from(TOP) {
            return self.add(n);
        }
        let before = self.low.load(Ordering::Relaxed);
        let after = before.wrapping_add(n as u32);
        self.low.store(after, Ordering::Release);
        if (before ^ after) & TOP != 0 {
            let flips = self.flips.load(Ordering::Relaxed);
            self.flips.store(flips.wrapping_add(1), Ordering::Release);
        }
    }

    // What is rare is not inlined: it would be most of the flash that a recording takes.

    #[cold]
    #[inline(never)]
    fn count_flips(&self, flips: u32) {
        self.flips.fetch_add(flips, Ordering::Release);
    }

    // `n` comes first, so that it is in the registers already in which `add` got it.
    #[cold]
    #[inline(never)]
    fn add_large(n: u64, total: &Self) {
        let room = || CEILING.saturating_sub(total.load());
        Self::add_parts(if n < ABSURD { n } else { n.min(MOST).min(room()) }, total);
    }

    #[cold]
    #[inline(never)]
    fn add_parts(n: u64, total: &Self) {
        let wraps = (n >> 32) as u32;
        if wraps != 0 {
            total.count_flips(wraps << 1);
        }
        let low = n as u32;
        if low & TOP != 0 {
            total.add_low(TOP);
        }
        total.add_low(low & !TOP);
    }

    /// The total now.
    #[must_use]
    pub fn load(&self) -> u64 {
        let mut flips = self.flips.load(Ordering::Acquire);
        let mut low = self.low.load(Ordering::Acquire);
        for _ in 0..ATTEMPTS {
            let again = self.flips.load(Ordering::Acquire);
            if again == flips {
                break;
            }
            flips = again;
            low = self.low.load(Ordering::Acquire);
        }
        let pending = (flips ^ (low >> 31)) & 1;
        let flips = flips.wrapping_add(pending);
        (u64::from(flips >> 1) << 32) | u64::from(low)
    }
}

impl Default for Total {
    fn default() -> Self {
        Self::new()
    }
}

/// A sum of changes in both directions. 16 bytes; promises as for [`Total`].
///
/// It is two totals, because the halves can only carry upwards; each wraps at 2^63. While others record, a load may be too
/// high by what was added between its two loads, and is never below a sum that was really passed through.
#[derive(Debug, Default)]
pub struct Balance {
    up: Total,
    down: Total,
}

impl Balance {
    /// A sum of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { up: Total::new(), down: Total::new() }
    }

    /// Adds `change`.
    #[inline(always)]
    pub fn add(&self, change: i64) {
        let total = if change < 0 { &self.down } else { &self.up };
        total.add_wrapping(change.unsigned_abs());
    }

    /// The sum now.
    #[must_use]
    pub fn load(&self) -> i64 {
        let down = self.down.load();
        self.up.load().wrapping_sub(down).cast_signed()
    }
}

/// The last value of something. Four bytes; the last store wins.
///
/// Without 64-bit atomics a target stores at most 32 bits at once, so a whole value saturates at the ends of `i32` and a
/// float is rounded to `f32`.
#[derive(Debug)]
pub struct Level(AtomicU32);

impl Level {
    /// Zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Sets a whole value.
    #[inline]
    pub fn store_int(&self, value: i64) {
        let narrow = value.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        self.0.store(narrow.cast_unsigned(), Ordering::Relaxed);
    }

    /// The whole value now.
    #[must_use]
    pub fn load_int(&self) -> i64 {
        self.0.load(Ordering::Relaxed).cast_signed().into()
    }

    /// Sets a float.
    #[inline]
    pub fn store_float(&self, value: f64) {
        self.0.store((value as f32).to_bits(), Ordering::Relaxed);
    }

    /// The float now.
    #[must_use]
    pub fn load_float(&self) -> f64 {
        f32::from_bits(self.0.load(Ordering::Relaxed)).into()
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn equals_a_plain_u64_over_every_carry() {
        let total = Total::new();
        let mut model = 0_u64;
        let steps = [1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x2_8000_0001, 5_000_000_000, 0];
        for n in steps.iter().cycle().take(10_000) {
            if model.is_multiple_of(2) {
                total.add(*n);
            } else {
                total.add_alone(*n);
            }
            model += n;
            assert_eq!(total.load(), model, "after adding {n:#x}");
        }
    }

    #[test]
    fn an_absurd_amount_does_not_take_it_past_its_ceiling() {
        let total = Total::new();
        total.add(5);
        for (n, after) in [(u64::MAX, MOST + 5), (1 << 63, CEILING), (u64::MAX, CEILING), (7, CEILING + 7)] {
            if n == 1 << 63 {
                total.add_alone(n)
            } else {
                total.add(n)
            }
            assert_eq!(total.load(), after, "after adding {n:#x}");
        }
        total.add(ABSURD - 1);
        total.add(ABSURD);
        assert_eq!(total.load(), CEILING + 7 + ABSURD - 1);
    }

    #[test]
    fn a_balance_goes_below_zero_and_back() {
        let balance = Balance::new();
        balance.add(-5_000_000_000);
        assert_eq!(balance.load(), -5_000_000_000);
        balance.add(5_000_000_001);
        assert_eq!(balance.load(), 1);
    }

    #[test]
    fn a_level_saturates_and_rounds() {
        let level = Level::new();
        level.store_int(-5_000_000_000);
        assert_eq!(level.load_int(), i64::from(i32::MIN));
        level.store_int(7);
        assert_eq!(level.load_int(), 7);
        level.store_float(0.1);
        assert_eq!(level.load_float(), f64::from(0.1_f32));
    }

    #[test]
    fn a_carry_on_its_way_is_seen() {
        let total = Total::new();
        total.add(0x7fff_ffff);
        // What an interrupt sees between the two halves of an addition.
        total.low.fetch_add(1, Ordering::Relaxed);
        assert_eq!(total.load(), 0x8000_0000);
        total.flips.fetch_add(1, Ordering::Release);
        assert_eq!(total.load(), 0x8000_0000);
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    /// Two writers, of which one carries, and a reader: the reader meets only sums that were passed through.
    #[test]
    fn a_reader_never_sees_a_carry_half_done() {
        loom::model(|| {
            let total = Arc::new(Total::new());
            total.add(0x7fff_fffe);
            let _ = total.load(); // creates what the addition did not use
            let writers = [1, 2].map(|n| {
                let total = Arc::clone(&total);
                thread::spawn(move || total.add(n))
            });
            let seen = total.load();
            assert!([0, 1, 2, 3].contains(&seen.wrapping_sub(0x7fff_fffe)), "{seen:#x}");
            for writer in writers {
                writer.join().unwrap();
            }
            assert_eq!(total.load(), 0x8000_0001);
        });
    }

    #[test]
    fn a_reader_of_one_thread_goes_only_up() {
        loom::model(|| {
            let total = Arc::new(Total::new());
            total.add(0xffff_ffff);
            let _ = total.load(); // creates what the addition did not use
            let writer = {
                let total = Arc::clone(&total);
                thread::spawn(move || {
                    total.add(1);
                    total.add(0x8000_0000);
                })
            };
            let first = total.load();
            let second = total.load();
            assert!(first <= second, "{first:#x} then {second:#x}");
            writer.join().unwrap();
            assert_eq!(total.load(), 0x1_8000_0000);
        });
    }
}
