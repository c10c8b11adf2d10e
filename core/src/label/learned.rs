//! A label whose values are learned at run time: an enum whose variants are learned, the last one being the overflow.

use crate::intern::{Interner, Missing};
use crate::label::OTHER;
use crate::visit::Value;
use crate::words::{BYTES, Texts, Words, is_whole};

/// The number of a learned value. The field of a struct with `#[derive(Label)]`, which says in constant expressions how
/// many values are learned (at most 16,777,214) and how many bytes each may have (at most 255; 47 where it is left out):
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

/// How many words a name of at most `max_len` bytes needs, with its end.
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
pub struct LearnedTable<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize>(
    Interner<CAPACITY, WORDS, SLOTS>,
);

impl<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> LearnedTable<CAPACITY, WORDS, SLOTS> {
    /// A table that knows no name.
    #[must_use]
    pub const fn new() -> Self {
        Self(Interner::new())
    }

    /// The number of this name, learned now if it is new and there is room, and `CAPACITY` otherwise. `_OTHER` is never
    /// learned: it names all that has no number of its own.
    #[inline]
    #[must_use]
    pub fn learn(&self, name: &str) -> Learned {
        let mut room = [0; WORDS];
        let index = Words::new(&mut room, self.0.seed()).alone(name).and_then(|row| match self.0.find(row) {
            Ok(entry) => Some(entry),
            Err(Missing { is_full }) if is_full || name == OTHER => None,
            Err(_) => self.0.enter(row),
        });
        Learned::at(index.unwrap_or(CAPACITY))
    }

    /// The number of this name, if it was learned.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        let mut room = [0; WORDS];
        self.0.find(Words::new(&mut room, self.0.seed()).alone(name)?).ok()
    }

    /// How many names are known.
    #[must_use]
    pub fn learned(&self) -> usize {
        self.0.len()
    }

    /// Whether the name with this number is whole; a number that has none is shown as `_OTHER`, which is.
    #[must_use]
    pub fn is_known(&self, index: usize) -> bool {
        self.0.words(index).is_none_or(is_whole)
    }

    /// Hands the name with this number to `with`, and `_OTHER` for a number that has none.
    pub fn value<R>(&self, index: usize, with: impl FnOnce(Value<'_>) -> R) -> R {
        let Some(words) = self.0.words(index) else { return with(Value::Text(OTHER)) };
        // A name that is not whole reads as nothing.
        with(Value::Text(Texts::of(words).iter().next().unwrap_or_default()))
    }

    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub fn create(&self) {
        self.0.create();
    }
}

impl<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize> Default for LearnedTable<CAPACITY, WORDS, SLOTS> {
    fn default() -> Self {
        Self::new()
    }
}
