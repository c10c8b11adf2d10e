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
        match self.0.compare_exchange(0, common, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => common,
            Err(seed) => seed,
        }
    }
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

/// The hash of words that come in pairs. Each pair is multiplied with keys of its own, so that no multiplication waits for
/// another.
#[derive(Clone, Copy)]
pub(crate) struct Hasher {
    key: usize,
    hash: usize,
}

impl Hasher {
    #[inline]
    pub(crate) const fn new(seed: usize) -> Self {
        Self { key: seed ^ SPREAD, hash: 0 }
    }

    #[inline]
    pub(crate) const fn add(self, first: usize, second: usize) -> Self {
        let product = mix(first ^ self.key, second ^ self.key.rotate_left(usize::BITS / 2));
        Self { key: self.key.wrapping_add(SPREAD), hash: self.hash.wrapping_add(product) }
    }

    #[inline]
    pub(crate) const fn finish(self) -> usize {
        mix(self.hash, SPREAD)
    }
}
