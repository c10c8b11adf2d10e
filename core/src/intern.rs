//! From words to the number of an entry: how names are learned and run-time keys are found.
//!
//! A key is looked up through hash slots. One that is not there settles in an entry: all who look for it go through the
//! entries in one order, and write it word by word wherever nobody wrote before them. A word never changes again, so
//! all who meet a word of another key move on, and all who do not stop at the same entry, whoever wrote which word.
//! Nobody waits for anybody, so an interrupt may enter a key in the middle of the same key being entered.

use crate::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::hash::Seed;
use crate::slots::{MAX_ENTRIES, Probe, Slots, slots};
use crate::words::Row;

/// What a search for a key says that found none.
#[derive(Clone, Copy)]
pub(crate) struct Missing {
    /// Whether the table was full before, so that the key is certainly not in it.
    pub(crate) is_full: bool,
}

/// At most `CAPACITY` keys of at most `WORDS` words. No word of a key is zero, and no key is the beginning of another.
#[derive(Debug)]
pub(crate) struct Interner<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> {
    seed: Seed,
    entered: AtomicU32,
    slots: Slots<SLOTS>,
    entries: [[AtomicUsize; WORDS]; CAPACITY],
}

impl<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> Interner<CAPACITY, WORDS, SLOTS> {
    pub(crate) const fn new() -> Self {
        const {
            assert!(CAPACITY > 0, "a table needs a capacity of at least 1");
            assert!(CAPACITY <= MAX_ENTRIES, "a table takes at most 16,777,214 entries");
            assert!(SLOTS.is_power_of_two() && SLOTS >= slots(CAPACITY), "a table needs three slots for two entries");
        }
        Self {
            seed: Seed::new(),
            entered: AtomicU32::new(0),
            slots: Slots::INIT,
            entries: [const { [const { AtomicUsize::new(0) }; WORDS] }; CAPACITY],
        }
    }

    /// The seed of the hash of its keys.
    #[inline]
    pub(crate) fn seed(&self) -> usize {
        self.seed.value()
    }

    /// The entry of this key, if it is there.
    #[inline(always)] // the rest is what a hit costs
    pub(crate) fn find(&self, key: Row<'_, WORDS>) -> Result<usize, Missing> {
        // Read before any slot: only a key that was missed after the table was full is certainly not in it.
        let is_full = self.entered.load(Ordering::Acquire) as usize >= CAPACITY;
        if let Some(entry) = self.slots.glance(key.hash)
            && self.holds(entry, key.words, key.len)
        {
            return Ok(entry);
        }
        // The slots are read again, which is cheaper than to keep them at hand at each glance.
        let is_last = self.slots.end_early(key.hash);
        let found = if is_last { None } else { self.search(key.words, key.len, key.hash) };
        found.ok_or(Missing { is_full })
    }

    // Called with the parts of a row: as one it would go through memory, which is written whether or not this is called.
    #[inline(never)]
    fn search(&self, words: &[usize; WORDS], len: usize, hash: usize) -> Option<usize> {
        match self.slots.find(hash, |entry| self.holds(entry, words, len)) {
            Probe::Found(entry) => Some(entry),
            Probe::Empty(_) | Probe::Full => None,
        }
    }

    /// How many keys are entered.
    pub(crate) fn len(&self) -> usize {
        self.entered.load(Ordering::Relaxed) as usize
    }

    /// The words of an entry.
    pub(crate) fn words(&self, entry: usize) -> Option<&[AtomicUsize; WORDS]> {
        self.entries.get(entry)
    }

    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub(crate) fn create(&self) {
        let _ = (self.seed.value(), self.len());
        self.slots.create();
        for word in self.entries.as_flattened() {
            let _ = word.load(Ordering::Relaxed);
        }
    }

    /// Whether an entry holds this key of `len` words. Both are zero behind it, so that words can be compared four at a
    /// time, which takes the fewest instructions.
    #[inline]
    fn holds(&self, entry: usize, key: &[usize; WORDS], len: usize) -> bool {
        let Some(words) = self.entries.get(entry) else { return false };
        let is_same = |(held, word): (&AtomicUsize, &usize)| held.load(Ordering::Relaxed) == *word;
        let ((fours, rest), (key_fours, key_rest)) = (words.as_chunks::<4>(), key.as_chunks::<4>());
        fours.iter().zip(key_fours).take(len.div_ceil(4)).all(|(held, key)| held.iter().zip(key).all(is_same))
            && (len <= 4 * fours.len() || rest.iter().zip(key_rest).all(is_same))
    }

    /// The entry of this key, which is entered if it is new and there is room.
    #[cold]
    pub(crate) fn enter(&self, Row { words, len, hash }: Row<'_, WORDS>) -> Option<usize> {
        let key = words.get(..len)?;
        let start = hash % CAPACITY;
        let mut is_new = false;
        let entry = (start..CAPACITY).chain(0..start).find(|entry| self.settle(*entry, key, &mut is_new))?;
        self.slots.enter(hash, entry, |other| other == entry);
        // Counted when it can be found: who sees a full table need not look at the entries.
        if is_new {
            self.entered.fetch_add(1, Ordering::Release);
        }
        Some(entry)
    }

    /// Writes the key to this entry where nothing is written; whether it is this entry's key in the end, and whether it
    /// was completed here.
    fn settle(&self, entry: usize, key: &[usize], is_new: &mut bool) -> bool {
        let Some(words) = self.entries.get(entry) else { return false };
        words.iter().zip(key).all(|(held, word)| {
            // Released, so that a visitor that meets the last word of a key meets all of them.
            let written = held.compare_exchange(0, *word, Ordering::Release, Ordering::Relaxed);
            *is_new = written.is_ok();
            written.is_ok() || written == Err(*word)
        })
    }
}
