//! Hash slots: from a hash to the number of an entry, by linear probing. Shared by every table.
//!
//! A slot goes from empty to its entry once and never changes again, so whoever probes for a key meets the same
//! entries in the same order, and a key cannot be entered twice.

use crate::atomic::{AtomicU32, Ordering};

/// `S` slots, a power of two of which the entries fill at most two thirds, so that a probe soon meets an empty one.
#[derive(Debug)]
pub(crate) struct Slots<const S: usize>([AtomicU32; S]);

/// How many slots `entries` entries need: the power of two above one and a half times as many.
#[doc(hidden)]
#[must_use]
pub const fn slots(entries: usize) -> usize {
    (entries + entries / 2 + 1).next_power_of_two()
}

/// The low bits hold the entry's number plus one, the high ones a part of the hash that spares most comparisons.
const ENTRY_BITS: u32 = 24;
const ENTRY_MASK: u32 = (1 << ENTRY_BITS) - 1;

/// The most entries that a table can have: their numbers share a slot with a part of the hash.
pub(crate) const MAX_ENTRIES: usize = ENTRY_MASK as usize - 1;

/// Where a probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// At this entry.
    Found(usize),
    /// At this empty slot.
    Empty(usize),
    /// Nowhere: every slot is taken.
    Full,
}

impl<const S: usize> Slots<S> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new table
    pub(crate) const INIT: Self = Self([const { AtomicU32::new(0) }; S]);

    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub(crate) fn create(&self) {
        for slot in &self.0 {
            let _ = slot.load(Ordering::Relaxed);
        }
    }

    /// Looks for the entry with this hash for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, hash: usize, is_it: impl Fn(usize) -> bool) -> Probe {
        self.find_from(hash, 0, is_it)
    }

    /// A first look, at two slots, which nearly always is enough: an entry that may be the one with this hash. Which of the
    /// two slots it is in is no branch, since nobody could predict it.
    #[inline]
    pub(crate) fn glance(&self, hash: usize) -> Option<usize> {
        let tag = tag(hash);
        let [first, second] = self.first_two(hash);
        let likely = if first & !ENTRY_MASK == tag { first } else { second };
        // An empty slot is an entry beyond the last.
        let entry = ((likely & ENTRY_MASK) as usize).wrapping_sub(1);
        Some(entry).filter(|_| likely & !ENTRY_MASK == tag)
    }

    /// Whether a glance tells that no further slot has an entry with this hash.
    #[inline]
    pub(crate) fn end_early(&self, hash: usize) -> bool {
        self.first_two(hash).contains(&0)
    }

    #[inline]
    fn first_two(&self, hash: usize) -> [u32; 2] {
        [0, 1].map(|step| {
            let slot = self.0.get(hash.wrapping_add(step) & (S - 1));
            slot.map_or(0, |slot| slot.load(Ordering::Acquire))
        })
    }

    #[inline]
    fn find_from(&self, hash: usize, skip: usize, is_it: impl Fn(usize) -> bool) -> Probe {
        let tag = tag(hash);
        for step in skip..S {
            let at = hash.wrapping_add(step);
            let Some(slot) = self.0.get(at & (S - 1)) else { return Probe::Full };
            let held = slot.load(Ordering::Acquire);
            if held == 0 {
                return Probe::Empty(step);
            }
            let entry = (held & ENTRY_MASK) as usize - 1;
            if held & !ENTRY_MASK == tag && is_it(entry) {
                return Probe::Found(entry);
            }
        }
        Probe::Full
    }

    /// Enters `entry` unless an entry for which `is_it` holds is there; returns the one that is there in the end.
    ///
    /// What was written to the entry before is visible to whoever finds it.
    pub(crate) fn enter(&self, hash: usize, entry: usize, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let new = tag(hash) | (entry as u32 + 1);
        let mut skip = 0;
        loop {
            match self.find_from(hash, skip, &is_it) {
                Probe::Found(found) => return Some(found),
                Probe::Full => return None,
                Probe::Empty(step) => {
                    let slot = self.0.get(hash.wrapping_add(step) & (S - 1))?;
                    if slot.compare_exchange(0, new, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                        return Some(entry);
                    }
                    // Another thread took this slot; look at what it holds now, and no slot before it has changed.
                    skip = step;
                }
            }
        }
    }
}

/// The slot is chosen by the low bits of the hash, the tag by the highest.
#[inline]
fn tag(hash: usize) -> u32 {
    ((hash >> (usize::BITS - 8)) as u32) << ENTRY_BITS
}
