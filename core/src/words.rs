//! Text as words that are never zero, so that a table entry can be written word by word from all-zero.
//!
//! Bytes are stored inverted: `0xff` is no byte of UTF-8, so no inverted byte is zero, and a zero marks the end of a
//! text. A text whose bytes fill its last word gets one more word for the end. So no text is the beginning of another,
//! and several in a row, ended by [`LAST`], are not the beginning of another row.

use crate::atomic::{AtomicUsize, Ordering};
use crate::hash::Hasher;

pub(crate) const BYTES: usize = size_of::<usize>();

/// The end of a text whose bytes fill its words. No other word of a text has a zero below a byte that is not.
const END: usize = 1 << 8;

/// The end of a row of texts.
const LAST: usize = 1 << 16;

/// Writes texts as words, and hashes them on the way.
///
/// It borrows its room and is always inlined, so that the compiler keeps the rest in registers: through memory a key of
/// three labels takes twice as long.
pub(crate) struct Words<'a, const N: usize> {
    room: &'a mut [usize; N],
    len: usize,
    hash: Hasher,
}

/// A row of words that is complete, and its hash.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a, const N: usize> {
    /// Zero from its end on, as in an entry.
    pub(crate) words: &'a [usize; N],
    pub(crate) len: usize,
    pub(crate) hash: usize,
}

impl<'a, const N: usize> Words<'a, N> {
    #[inline(always)]
    pub(crate) const fn new(room: &'a mut [usize; N], seed: usize) -> Self {
        Self { room, len: 0, hash: Hasher::new(seed) }
    }

    /// One text alone; `None` when it does not fit.
    #[inline(always)]
    pub(crate) fn alone(self, text: &str) -> Option<Row<'a, N>> {
        let (words, last) = self.text(text)?;
        Some(Self { hash: words.hash.add(last, 0), ..words }.row())
    }

    /// Appends a pair of texts to a row; `None` when it does not fit.
    #[inline(always)]
    pub(crate) fn pair(self, (first, second): (&str, &str)) -> Option<Self> {
        let (words, first) = self.text(first)?;
        let (words, second) = words.text(second)?;
        Some(Self { hash: words.hash.add(first, second), ..words })
    }

    /// Ends a row of pairs.
    #[inline(always)]
    pub(crate) fn finish(self) -> Option<Row<'a, N>> {
        self.put(LAST).map(Self::row)
    }

    /// Writes a text, and hashes all of its words but the last, which it gives back.
    #[inline(always)]
    fn text(mut self, text: &str) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let last = match bytes.last_chunk() {
            None => short(bytes),
            Some(last) => {
                let (whole, rest) = bytes.as_chunks();
                match whole.first() {
                    // Nearly always, and without what the compiler makes of a loop.
                    Some(word) if bytes.len() < 2 * BYTES => self = self.whole(*word)?,
                    _ => {
                        for word in whole {
                            self = self.whole(*word)?;
                        }
                    }
                }
                match rest.len() {
                    0 => END,
                    // The last bytes as a whole word, without those that are in the word before.
                    len => !usize::from_le_bytes(*last) >> (8 * (BYTES - len)),
                }
            }
        };
        Some((self.put(last)?, last))
    }

    /// Writes and hashes a word that a text fills.
    #[inline(always)]
    fn whole(self, bytes: [u8; BYTES]) -> Option<Self> {
        let word = !usize::from_le_bytes(bytes);
        Some(Self { hash: self.hash.add(word, 0), ..self.put(word)? })
    }

    #[inline(always)]
    fn put(self, word: usize) -> Option<Self> {
        *self.room.get_mut(self.len)? = word;
        Some(Self { len: self.len + 1, ..self })
    }

    #[inline]
    fn row(self) -> Row<'a, N> {
        Row { words: self.room, len: self.len, hash: self.hash.finish() }
    }
}

/// The word of a text that does not fill one: pieces of two bytes, of which those beyond the end are moved to the end,
/// where they overlap with others. Lengths of label values are hard to predict, and here no branch depends on them.
#[inline(always)]
fn short(bytes: &[u8]) -> usize {
    const PIECE: usize = size_of::<u16>();
    match (bytes, bytes.len().checked_sub(PIECE)) {
        (_, Some(end)) => (0..BYTES).step_by(PIECE).fold(0, |word, at| {
            let at = at.min(end);
            let piece = bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |piece| !u16::from_le_bytes(*piece));
            word | usize::from(piece) << (8 * at)
        }),
        ([byte], None) => usize::from(!byte),
        (_, None) => END,
    }
}

/// The texts of an entry.
pub(crate) struct Texts<const N: usize> {
    /// Each word's part of a text, as it was, and zeros behind the text.
    bytes: [[u8; BYTES]; N],
    /// How many bytes of each word that is. Less than all of them end the text.
    lens: [u8; N],
    /// How many words there are before the end of the row, or before what is not written yet.
    len: usize,
}

impl<const N: usize> Texts<N> {
    /// Reads an entry.
    pub(crate) fn of(words: &[AtomicUsize; N]) -> Self {
        let mut texts = Self { bytes: [[0; BYTES]; N], lens: [0; N], len: 0 };
        for ((word, bytes), len) in words.iter().zip(&mut texts.bytes).zip(&mut texts.lens) {
            let word = word.load(Ordering::Relaxed);
            // No text has two zeros at its beginning.
            if word & 0xffff == 0 {
                break;
            }
            let end = zeros(word) & zeros(word).wrapping_neg();
            // Without an end this is all of it, and so is the number of its bytes.
            *bytes = (!word & (end >> 7).wrapping_sub(1)).to_le_bytes();
            *len = (end.trailing_zeros() / 8) as u8;
            texts.len += 1;
        }
        texts
    }

    /// The texts, one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        // Looked at once for all of them.
        let bytes = self.bytes.get(..self.len).unwrap_or_default().as_flattened();
        let all = core::str::from_utf8(bytes).unwrap_or_default();
        let mut lens = self.lens.get(..self.len).unwrap_or_default().iter();
        let mut begin = 0;
        core::iter::from_fn(move || {
            let from = begin;
            loop {
                let len = usize::from(*lens.next()?);
                begin += BYTES;
                if len < BYTES {
                    return all.get(from..begin - BYTES + len);
                }
            }
        })
    }
}

/// The highest bit of each byte that is zero, and of some above it ("Determine if a word has a zero byte", Anderson, Bit
/// Twiddling Hacks).
#[inline]
const fn zeros(word: usize) -> usize {
    const LOW: usize = usize::MAX / 0xff;
    const HIGH: usize = LOW << 7;
    word.wrapping_sub(LOW) & !word & HIGH
}

/// Whether these words hold a whole text: the first that has its end in it was written.
pub(crate) fn is_whole<const N: usize>(words: &[AtomicUsize; N]) -> bool {
    let mut words = words.iter().map(|word| word.load(Ordering::Acquire));
    words.find(|word| zeros(*word) != 0).is_some_and(|last| last != 0)
}

/// Whether these words hold a whole row, up to its end.
pub(crate) fn is_finished<const N: usize>(words: &[AtomicUsize; N]) -> bool {
    words.iter().any(|word| word.load(Ordering::Acquire) == LAST)
}
