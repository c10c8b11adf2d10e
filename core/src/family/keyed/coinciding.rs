//! Which series of a family Prometheus takes for one.
//!
//! Entries whose exposed labels have the same hash are linked in a chain. It is the visitors that link them, so that a
//! recording knows nothing of it: an entry is linked before it is first shown. Links are only ever added at the end of a
//! chain and never change, so all visitors see the entries of a chain in one order, whichever of them linked which.

use crate::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::slots::MAX_ENTRIES;

/// Chains of at most `SERIES` entries.
#[derive(Debug)]
pub(super) struct Coinciding<const SERIES: usize> {
    heads: [AtomicU32; SERIES],
    /// Of each entry the one behind it in its chain. All-zero until the entry is linked.
    nexts: [AtomicU32; SERIES],
    /// Whether an entry needs a look at others: it coincides with one, or its keys share a name.
    any: AtomicBool,
}

/// Tells the link of an entry at the end of a chain from that of an entry which is in none.
const LINKED: u32 = 1 << 31;

/// The low bits of a link hold the number of an entry plus one, those between a part of its hash that spares most
/// comparisons.
const ENTRY_BITS: u32 = 24;
const ENTRY_MASK: u32 = (1 << ENTRY_BITS) - 1;
const _: () = assert!(MAX_ENTRIES < ENTRY_MASK as usize);

/// The link to an entry with this hash.
const fn link_to(entry: usize, hash: usize) -> u32 {
    // The low bits of the hash choose the chain.
    let tag = (hash >> (usize::BITS - 7)) as u32;
    LINKED | tag << ENTRY_BITS | (entry as u32 + 1)
}

/// The entry that a link leads to.
const fn entry(link: u32) -> Option<usize> {
    match link & ENTRY_MASK {
        0 => None,
        number => Some(number as usize - 1),
    }
}

impl<const SERIES: usize> Coinciding<SERIES> {
    pub(super) const fn new() -> Self {
        Self {
            heads: [const { AtomicU32::new(0) }; SERIES],
            nexts: [const { AtomicU32::new(0) }; SERIES],
            any: AtomicBool::new(false),
        }
    }

    /// Whether this entry is in its chain.
    pub(super) fn is_linked(&self, entry: usize) -> bool {
        self.nexts.get(entry).is_none_or(|next| next.load(Ordering::Acquire) != 0)
    }

    /// Whether any entry that is linked coincides with another, or is odd.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Links an entry. `coincides` tells whether Prometheus takes another entry of the chain for the same series.
    pub(super) fn link(&self, new: usize, hash: usize, is_odd: bool, coincides: impl Fn(usize) -> bool) {
        let Some(mut link) = self.heads.get(hash % SERIES) else { return };
        let mut any = is_odd;
        loop {
            let held = link.load(Ordering::Acquire);
            match entry(held) {
                Some(there) if there == new => break,
                Some(there) => {
                    any |= held == link_to(there, hash) && coincides(there);
                    let Some(next) = self.nexts.get(there) else { return };
                    link = next;
                }
                None => {
                    // Before anybody can see that the entry is linked.
                    if any {
                        self.any.store(true, Ordering::Relaxed);
                    }
                    let last = link.compare_exchange(held, link_to(new, hash), Ordering::AcqRel, Ordering::Acquire);
                    if last.is_ok() {
                        break;
                    }
                }
            }
        }
        if let Some(next) = self.nexts.get(new) {
            next.fetch_or(LINKED, Ordering::AcqRel);
        }
    }

    /// The entries of a chain that may have this hash, in its order.
    pub(super) fn chain(&self, hash: usize) -> impl Iterator<Item = usize> {
        let mut link = self.heads.get(hash % SERIES);
        core::iter::from_fn(move || {
            loop {
                let held = link?.load(Ordering::Acquire);
                let there = entry(held)?;
                link = self.nexts.get(there);
                if held == link_to(there, hash) {
                    return Some(there);
                }
            }
        })
    }

    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub(super) fn create(&self) {
        let _ = self.any();
        for link in self.heads.iter().chain(&self.nexts) {
            let _ = link.load(Ordering::Relaxed);
        }
    }
}
