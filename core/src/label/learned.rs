//! A label whose values are learned at run time: an enum whose variants are learned, the last one being the overflow.
//!
//! A name is looked up through hash slots. One that is not there settles in an entry: all who learn it go through the
//! entries in one order, and write it word by word wherever nobody wrote before them. A word never changes again, so
//! all who meet a word of another name move on, and all who do not stop at the same entry, whoever wrote which word.
//! Nobody waits for anybody, so an interrupt may learn a name in the middle of the same name being learned.

use crate::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::hash::{self, Seed};
use crate::label::OTHER;
use crate::slots::{MAX_ENTRIES, Probe, Slots};
use crate::visit::Value;

/// The number of a learned value. The field of a struct with `#[derive(Label)]`:
///
/// ```
/// use picometer::Label;
///
/// /// At most 64 routes of at most 47 bytes, learned at run time.
/// #[derive(Label, Clone, Copy, PartialEq, Debug)]
/// #[label(capacity = 64, max_len = 47)]
/// struct Route(picometer::Learned);
///
/// assert_eq!(Route::learn("/v1/test/start"), Route::learn("/v1/test/start"));
/// assert_ne!(Route::learn("/v1/test/start"), Route::learn("/v1/test/submit"));
/// assert_eq!(Route::learn(&"x".repeat(48)), Route::OTHER);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Learned(u32);

impl Learned {
    #[doc(hidden)]
    #[must_use]
    pub const fn at(index: usize) -> Self {
        Self(index as u32)
    }

    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

const BYTES: usize = size_of::<usize>();

/// How many words a name of at most `max_len` bytes needs, with the end marked.
#[doc(hidden)]
#[must_use]
pub const fn words(max_len: usize) -> usize {
    max_len / BYTES + 1
}

/// The names of one learned label: `CAPACITY` of at most `WORDS * size_of::<usize>() - 1` bytes.
///
/// It occupies `CAPACITY * WORDS` words for the names, four bytes for each of `SLOTS` slots, and two words. Learning a
/// known name reads a slot and compares; learning a new one writes once, and is the only step that goes through the
/// entries. Both are wait-free and never allocate, and a name has one number, however many threads learn it at once.
///
/// Names are hashed with a seed and compared in full.
#[derive(Debug)]
pub struct LearnedTable<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> {
    seed: Seed,
    learned: AtomicU32,
    slots: Slots<SLOTS>,
    names: [[AtomicUsize; WORDS]; CAPACITY],
}

impl<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> LearnedTable<CAPACITY, WORDS, SLOTS> {
    /// A table that knows no name.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(CAPACITY > 0, "a learned label needs `capacity` to be at least 1");
            assert!(CAPACITY <= MAX_ENTRIES, "a learned label takes at most 16,777,214 values");
            assert!(SLOTS.is_power_of_two() && SLOTS >= 2 * CAPACITY, "a learned label needs two slots a value");
        }
        Self {
            seed: Seed::new(),
            learned: AtomicU32::new(0),
            slots: Slots::INIT,
            names: [const { [const { AtomicUsize::new(0) }; WORDS] }; CAPACITY],
        }
    }

    /// The number of this name, learned now if it is new and there is room, and `CAPACITY` otherwise.
    #[inline]
    #[must_use]
    pub fn learn(&self, name: &str) -> Learned {
        let Some(name) = Name::<WORDS>::new(name) else { return Learned::at(CAPACITY) };
        let hash = hash::words(self.seed.value(), name.words());
        // Read before the search: only a name that was missed after the table was full is certainly not in it.
        let is_full = self.learned.load(Ordering::Acquire) as usize >= CAPACITY;
        let index = match self.find(hash, &name) {
            Some(entry) => Some(entry),
            None if is_full => None,
            None => self.add(hash, &name),
        };
        Learned::at(index.unwrap_or(CAPACITY))
    }

    /// How many names are known.
    #[must_use]
    pub fn learned(&self) -> usize {
        self.learned.load(Ordering::Relaxed) as usize
    }

    /// Hands the name with this number to `with`, and `_OTHER` for a number that has none.
    pub fn value<R>(&self, index: usize, with: impl FnOnce(Value<'_>) -> R) -> R {
        let Some(words) = self.names.get(index) else { return with(Value::Text(OTHER)) };
        let mut bytes = [[0; BYTES]; WORDS];
        for (bytes, word) in bytes.iter_mut().zip(words) {
            *bytes = (!word.load(Ordering::Relaxed)).to_le_bytes();
        }
        let bytes = bytes.as_flattened();
        // The end is the first byte that was stored as zero, and 0xff is no byte of UTF-8.
        let text = bytes.split(|byte| *byte == 0xff).next().unwrap_or_default();
        with(Value::Text(core::str::from_utf8(text).unwrap_or(OTHER)))
    }

    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub fn create(&self) {
        let _ = (self.seed.value(), self.learned());
        self.slots.create();
        for word in self.names.as_flattened() {
            let _ = word.load(Ordering::Relaxed);
        }
    }

    #[inline]
    fn find(&self, hash: usize, name: &Name<WORDS>) -> Option<usize> {
        match self.slots.find(hash, |entry| self.is_named(entry, name)) {
            Probe::Found(entry) => Some(entry),
            Probe::Empty(_) | Probe::Full => None,
        }
    }

    #[inline]
    fn is_named(&self, entry: usize, name: &Name<WORDS>) -> bool {
        let Some(words) = self.names.get(entry) else { return false };
        words.iter().zip(name.words()).all(|(held, word)| held.load(Ordering::Relaxed) == *word)
    }

    #[cold]
    fn add(&self, hash: usize, name: &Name<WORDS>) -> Option<usize> {
        let start = hash % CAPACITY;
        let mut is_new = false;
        let entry = (start..CAPACITY).chain(0..start).find(|entry| self.settle(*entry, name, &mut is_new))?;
        self.slots.enter(hash, entry, |other| other == entry);
        // Counted when it can be found: who sees a full table need not look at the entries.
        if is_new {
            self.learned.fetch_add(1, Ordering::Release);
        }
        Some(entry)
    }

    /// Writes the name to this entry where nothing is written; whether it is this entry's name in the end, and whether
    /// it was completed here.
    fn settle(&self, entry: usize, name: &Name<WORDS>, is_new: &mut bool) -> bool {
        let Some(words) = self.names.get(entry) else { return false };
        words.iter().zip(name.words()).all(|(held, word)| {
            let written = held.compare_exchange(0, *word, Ordering::Relaxed, Ordering::Relaxed);
            *is_new = written.is_ok();
            written.is_ok() || written == Err(*word)
        })
    }
}

impl<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> Default for LearnedTable<CAPACITY, WORDS, SLOTS> {
    fn default() -> Self {
        Self::new()
    }
}

/// A name as words: its bytes inverted, so that none is zero (0xff is no byte of UTF-8), and zeros behind.
///
/// When the bytes end with a word, one more word marks the end: a name is then never the beginning of another.
struct Name<const WORDS: usize> {
    words: [usize; WORDS],
    len: usize,
}

/// The end of a name whose bytes fill its words. No other word has a zero below a byte that is not.
const END: usize = 1 << 8;

impl<const WORDS: usize> Name<WORDS> {
    #[inline]
    fn new(name: &str) -> Option<Self> {
        let (whole, rest) = name.as_bytes().as_chunks::<BYTES>();
        if whole.len() >= WORDS {
            return None;
        }
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(whole) {
            *word = !usize::from_le_bytes(*bytes);
        }
        let mut last = END;
        if !rest.is_empty() {
            last = rest.iter().rev().fold(0, |word, byte| (word << 8) | usize::from(!byte));
        }
        *words.get_mut(whole.len())? = last;
        Some(Self { words, len: whole.len() + 1 })
    }

    #[inline]
    fn words(&self) -> &[usize] {
        self.words.get(..self.len).unwrap_or_default()
    }
}
