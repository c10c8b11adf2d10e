//! From a value to its bucket, by comparing integers: neither a logarithm nor a float is computed.
//!
//! Between two powers of two lie 32 bounds `d * 2^(j / 32)`, where `d` is how many recorded units an exported one has.
//! In each 64th of the way from 1 to 2 there is at most one of them, so a look at the top bits of a value and one
//! comparison find its place. The bounds are rounded down to 64 bits; they are irrational, except `d` itself, so a
//! whole value is above the bound exactly if it is above the rounded one.

use crate::instrument::exponential::cascade::FINEST;

/// The bounds of one octave.
#[doc(hidden)]
#[derive(Debug)]
pub struct Octave {
    slots: [Slot; SLOTS],
    /// What is added to the place of a value to make an index.
    shift: i32,
}

/// A 64th of the way from 1 to 2.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The first bound that does not lie before it, as the mantissa of a value: its top bit is set.
    bound: u64,
    /// How many bounds lie before it.
    before: i32,
}

const SLOTS: usize = 64;
const SLOT_BITS: u32 = 6;
const BOUNDS: usize = 1 << FINEST;

/// `floor(2^(127 + 1/2))`, `floor(2^(127 + 1/4))` and so on to `1/32`: by repeated integer square roots.
const ROOTS: [u128; FINEST as usize] = [
    0xb504_f333_f9de_6484_597d_89b3_754a_be9f,
    0x9837_f051_8db8_a96f_46ad_2318_2e42_f6f6,
    0x8b95_c1e3_ea8b_d6e6_fbe4_6287_58a5_3c90,
    0x85aa_c367_cc48_7b14_c5c9_5b8c_2154_c1b2,
    0x82cd_8698_ac2b_a1d7_3e2a_475b_4652_0bff,
];

impl Octave {
    /// Of whole values that are `10^-decimals` of the exported unit.
    #[must_use]
    pub const fn of_decimals(decimals: u8, octaves: (i8, i8)) -> Self {
        assert!(decimals <= 18, "a unit has at most 18 decimals");
        assert!(octaves.0 <= octaves.1 && octaves.1 as i32 - octaves.0 as i32 <= 64, "at most 65 octaves are bounds");
        Self::new(10_u64.pow(decimals as u32))
    }

    /// Of values of which `divisor` are one exported unit.
    pub(super) const fn new(divisor: u64) -> Self {
        let exponent = divisor.ilog2() as i32;
        let mantissa = divisor << divisor.leading_zeros();
        let mut bounds = [0_u64; BOUNDS];
        // Those that reach 2 wrap around, and come before the others.
        let mut wrapped = 0;
        let mut j = 0;
        while j < BOUNDS {
            let bound = high_half(mantissa, power(j));
            if bound >> 127 != 0 {
                wrapped += 1;
            }
            j += 1;
        }
        let mut j = 0;
        while j < BOUNDS {
            let bound = high_half(mantissa, power(j));
            let wraps = bound >> 127 != 0;
            bounds[(j + wrapped) % BOUNDS] = (if wraps { bound >> 64 } else { bound >> 63 }) as u64;
            j += 1;
        }
        let mut slots = [Slot { bound: u64::MAX, before: 0 }; SLOTS];
        let mut slot = 0;
        while slot < SLOTS {
            let start = (1 << 63) | ((slot as u64) << (63 - SLOT_BITS));
            let mut before = 0;
            while before < BOUNDS && bounds[before] < start {
                before += 1;
            }
            if before < BOUNDS {
                slots[slot].bound = bounds[before];
            }
            slots[slot].before = before as i32;
            slot += 1;
        }
        Self { slots, shift: -exponent * BOUNDS as i32 - wrapped as i32 - 1 }
    }

    /// The bucket of `value`, which is not zero, at the finest scale.
    #[inline]
    #[must_use]
    pub const fn index(&self, value: u64) -> i32 {
        let zeros = value.leading_zeros();
        self.place(value.wrapping_shl(zeros), 63 - zeros as i32)
    }

    /// The bucket of `value`, which is finite and above zero, at the finest scale.
    #[inline]
    pub(super) const fn index_float(&self, value: f64) -> i32 {
        let bits = value.to_bits();
        let fraction = bits << 11;
        let exponent = (bits >> 52) as i32;
        if exponent == 0 {
            let zeros = fraction.leading_zeros();
            return self.place(fraction.wrapping_shl(zeros), -1022 - zeros as i32);
        }
        self.place(fraction | 1 << 63, exponent - 1023)
    }

    /// The bucket of a mantissa, whose top bit is set, times `2^exponent`.
    #[inline]
    const fn place(&self, mantissa: u64, exponent: i32) -> i32 {
        let slot = &self.slots[(mantissa >> (63 - SLOT_BITS)) as usize % SLOTS];
        exponent * BOUNDS as i32 + slot.before + (mantissa > slot.bound) as i32 + self.shift
    }
}

/// `2^(j / 32)`, of which 127 bits are behind the point.
const fn power(j: usize) -> u128 {
    let mut product = 1 << 127;
    let mut root = 0;
    while root < ROOTS.len() {
        if j & (BOUNDS >> (root + 1)) != 0 {
            product = product_of(product, ROOTS[root]);
        }
        root += 1;
    }
    product
}

/// The product of two numbers with 127 bits behind the point, which is below 2.
const fn product_of(a: u128, b: u128) -> u128 {
    let high = high_half((a >> 64) as u64, b);
    let low = high_half(a as u64, b);
    // `high` has 63 + 127 - 64 bits behind the point and `low` 64 less.
    (high << 1) + (low >> 63)
}

/// `a * b`, without the lowest 64 bits.
const fn high_half(a: u64, b: u128) -> u128 {
    let low = a as u128 * (b as u64) as u128;
    a as u128 * (b >> 64) + (low >> 64)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// `a * b` of numbers of any length, as words from the lowest.
    fn times(a: &[u32], b: &[u32]) -> Vec<u32> {
        let mut product = std::vec![0_u32; a.len() + b.len()];
        for (i, a) in a.iter().enumerate() {
            let mut carry = 0_u64;
            for (j, word) in product[i..].iter_mut().enumerate() {
                let sum = u64::from(*word) + carry + u64::from(*a) * u64::from(*b.get(j).unwrap_or(&0));
                *word = sum as u32;
                carry = sum >> 32;
            }
        }
        product
    }

    /// `value^32 * 2^twos`.
    fn power_of_32(value: u64, twos: usize) -> Vec<u32> {
        let mut power = std::vec![value as u32, (value >> 32) as u32];
        for _ in 0..5 {
            power = times(&power, &power);
        }
        let mut shift = std::vec![0_u32; twos / 32 + 1];
        shift[twos / 32] = 1 << (twos % 32);
        times(&power, &shift)
    }

    fn is_at_most(a: &[u32], b: &[u32]) -> bool {
        let word = |of: &[u32], i: usize| of.get(i).copied().unwrap_or(0);
        let longest = a.len().max(b.len());
        (0..longest).rev().map(|i| word(a, i).cmp(&word(b, i))).find(|order| order.is_ne()).is_none_or(|o| o.is_lt())
    }

    /// `t <= d * 2^(j / 32) < t + 1` for each bound `t`, in integers: `t^32 <= d^32 * 2^j < (t + 1)^32`.
    #[test]
    fn every_bound_is_rounded_down_to_the_last_bit() {
        for decimals in 0..=18 {
            let divisor = 10_u64.pow(decimals);
            let octave = Octave::new(divisor);
            let mut bounds: Vec<u64> = octave.slots.iter().map(|slot| slot.bound).filter(|b| *b != u64::MAX).collect();
            bounds.dedup();
            assert_eq!(bounds.len(), BOUNDS);
            let mantissa = divisor << divisor.leading_zeros();
            let first = bounds.iter().position(|bound| *bound == mantissa).expect("the bound of the unit itself");
            for (at, bound) in bounds.iter().enumerate() {
                // Those before the first are of the octave above, and half of what they stand for.
                let (j, halved) = if at < first { (BOUNDS + at - first, 32) } else { (at - first, 0) };
                let exact = power_of_32(mantissa, j);
                assert!(is_at_most(&power_of_32(*bound, halved), &exact), "10^{decimals}, bound {j}");
                assert!(!is_at_most(&power_of_32(bound + 1, halved), &exact), "10^{decimals}, bound {j}");
            }
        }
    }

    #[test]
    fn an_upper_bound_is_in_the_bucket_below_it() {
        let one = Octave::new(1);
        assert_eq!((one.index(1), one.index(2), one.index(3)), (-1, 31, 50));
        assert_eq!((one.index_float(1.0), one.index_float(1.0_f64.next_up())), (-1, 0));
        assert_eq!(one.index(u64::MAX), 64 * 32 - 1);
        assert_eq!(one.index_float(f64::MAX), 1024 * 32 - 1);
        assert_eq!(one.index_float(f64::MIN_POSITIVE), -1022 * 32 - 1);
        assert_eq!(one.index_float(f64::from_bits(1)), -1074 * 32 - 1);
        assert_eq!(one.index_float(f64::from_bits(3)), one.index(3) - 1074 * 32);
        let nano = Octave::new(1_000_000_000);
        assert_eq!((nano.index(1_000_000_000), nano.index(1_000_000_001)), (-1, 0));
        assert_eq!((nano.index(500_000_000), nano.index(500_000_001)), (-33, -32));
        assert_eq!((nano.index(4_000_000_000), nano.index(4_000_000_001)), (63, 64));
    }
}
