//! The hash of table keys: seeded, so that whoever chooses label values cannot choose where they land.

use crate::atomic::{AtomicUsize, Ordering, StaticUsize};

static SEED: StaticUsize = StaticUsize::new(0);

/// Sets the seed of every table that has not been used yet. Call it once, before the first recording, with a number
/// that an attacker cannot guess; the std adapter does. Returns whether it took effect: a seed is set once.
///
/// Without it the seed comes from addresses, which differ in each process where the system randomises them.
pub fn set_hash_seed(seed: usize) -> bool {
    SEED.compare_exchange(0, seed | 1, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// The seed of one table: zero until its first use, then fixed, so that a table stays readable when it outlives the
/// process or moves.
#[derive(Debug)]
pub(crate) struct Seed(AtomicUsize);

impl Seed {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[inline]
    pub(crate) fn value(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            0 => self.choose(),
            seed => seed,
        }
    }

    #[cold]
    fn choose(&self) -> usize {
        let here = &raw const *self as usize;
        let on_stack = &raw const here as usize;
        let from_addresses = mix(here, on_stack.rotate_left(usize::BITS / 2)) | 1;
        let common = match SEED.compare_exchange(0, from_addresses, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => from_addresses,
            Err(seed) => seed,
        };
        let mixed = mixed(common);
        match self.0.compare_exchange(0, mixed, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => mixed,
            Err(seed) => seed,
        }
    }
}

/// A seed with its bits spread, since whoever sets one may choose a small number: never zero.
const fn mixed(seed: usize) -> usize {
    mix(seed ^ SPREAD, SPREAD) | 1
}

/// Folded multiplication: both halves of the product, so that every bit of the input reaches the low bits too.
#[cfg(target_pointer_width = "64")]
#[inline]
pub(crate) const fn mix(a: usize, b: usize) -> usize {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as usize) ^ ((product >> 64) as usize)
}

/// Folded multiplication: both halves of the product, so that every bit of the input reaches the low bits too.
#[cfg(not(target_pointer_width = "64"))]
#[inline]
pub(crate) const fn mix(a: usize, b: usize) -> usize {
    let product = (a as u64).wrapping_mul(b as u64);
    (product as usize) ^ ((product >> 32) as usize)
}

/// An odd constant with its bits spread evenly: 2^64 (2^32) divided by the golden ratio, the multiplier of Knuth's
/// Fibonacci hashing.
#[cfg(target_pointer_width = "64")]
pub(crate) const SPREAD: usize = 0x9E37_79B9_7F4A_7C15;
/// An odd constant with its bits spread evenly: 2^64 (2^32) divided by the golden ratio, the multiplier of Knuth's
/// Fibonacci hashing.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) const SPREAD: usize = 0x9E37_79B9;

/// The hash of words that come in pairs: the sum of their folded products, each with keys of its own (NH, of UMAC, with
/// folding). No multiplication waits for another, and none comes after the sum, since whoever looks a key up waits for it.
#[derive(Clone, Copy)]
pub(crate) struct Hasher {
    key: usize,
    hash: usize,
}

impl Hasher {
    #[inline]
    pub(crate) const fn new(seed: usize) -> Self {
        Self { key: seed, hash: 0 }
    }

    #[inline]
    pub(crate) const fn add(self, first: usize, second: usize) -> Self {
        let product = mix(first ^ self.key, second ^ self.key.rotate_left(usize::BITS / 2));
        Self { key: self.key.wrapping_add(SPREAD), hash: self.hash.wrapping_add(product) }
    }

    #[inline]
    pub(crate) const fn finish(self) -> usize {
        self.hash
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use crate::words::Words;

    fn hash(seed: usize, pairs: &[(&str, &str)]) -> usize {
        let mut room = [0; 16];
        let words = pairs.iter().fold(Words::new(&mut room, seed), |words, pair| words.pair(*pair).unwrap());
        words.finish().unwrap().hash
    }

    /// As many keys as would share a slot with another, were each put there by chance, and a tenth more.
    fn most_shared(keys: usize, slots: usize) -> f64 {
        let alone = (1.0 - 1.0 / slots as f64).powi(keys as i32 - 1);
        keys as f64 * (1.0 - alone) * 1.1
    }

    #[test]
    fn short_names_are_spread_whatever_the_seed() {
        const NAMES: u32 = 26 * 26;
        for seed in 1..=64 {
            let mut held = [0_u8; 1_024];
            for n in 0..NAMES {
                let name = String::from_iter([n / 26, n % 26].map(|n| char::from_u32('a' as u32 + n).unwrap()));
                let mut room = [0; 2];
                held[Words::new(&mut room, mixed(seed)).alone(&name).unwrap().hash % 1_024] += 1;
            }
            assert!(held.iter().all(|held| *held < 16), "seed {seed}: {held:?}");
        }
    }

    #[test]
    fn keys_that_differ_in_little_are_spread_like_random_numbers() {
        let status = |n: usize| [200, 201, 400, 404, 500][n % 5];
        let key: [fn(usize) -> [String; 2]; 6] = [
            |n| [format!("{n}"), String::new()],
            |n| [format!("{n:07}"), "GET".into()],
            |n| ["GET".into(), format!("{n:08}")],
            |n| [format!("/v1/test/{n:05}"), format!("/v1/test/{n:05}")],
            |n| [format!("{}", n % 64), format!("{}", n / 64)],
            |n| [format!("{n:b}"), format!("{:b}", n.reverse_bits() >> (usize::BITS - 12))],
        ];
        for (which, key) in key.iter().enumerate() {
            let keys: Vec<(String, [String; 2])> = (0..4_096).map(|n| (format!("{}", status(n)), key(n))).collect();
            let mut shared = [0.0; 2];
            const SEEDS: usize = 32;
            for seed in 0..SEEDS {
                let seed = mix(seed + 1, SPREAD) | 1;
                let hashes = keys.iter().map(|(status, [a, b])| hash(seed, &[("s", status), ("a", a), ("b", b)]));
                let hashes: Vec<usize> = hashes.collect();
                // The low bits choose a slot, the highest eight are its tag.
                const TAG: u32 = usize::BITS - 8;
                for (shared, of) in
                    shared.iter_mut().zip([|h: usize| h % 8_192, |h: usize| ((h >> TAG) << 5) | (h % 32)])
                {
                    let mut held = [0_u16; 8_192];
                    hashes.iter().for_each(|h| held[of(*h)] += 1);
                    let here: u16 = held.iter().filter(|n| **n > 1).sum();
                    *shared += f64::from(here) / SEEDS as f64;
                }
            }
            let most = most_shared(keys.len(), 8_192);
            assert!(shared.iter().all(|shared| *shared < most), "keys {which}: {shared:?} share a slot, not {most}");
        }
    }
}
