//! Text as words that are never zero, so that a table entry can be written word by word from all-zero.
//!
//! Bytes are stored inverted: `0xff` is no byte of UTF-8, so no inverted byte is zero, and a zero marks the end of a
//! text. A text whose bytes fill its last word gets one more word for the end. So no text is the beginning of another,
//! and several in a row, ended by [`LAST`], are not the beginning of another row.

use crate::atomic::{AtomicUsize, Ordering};

pub(crate) const BYTES: usize = size_of::<usize>();

/// The end of a text whose bytes fill its words. No other word has a zero below a byte that is not.
const END: usize = 1 << 8;

/// The end of a row of texts.
const LAST: usize = 1 << 16;

/// At most `N` words.
pub(crate) struct Words<const N: usize> {
    words: [usize; N],
    len: usize,
}

impl<const N: usize> Words<N> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { words: [0; N], len: 0 }
    }

    /// Appends a text; nothing when it does not fit.
    #[inline]
    pub(crate) fn push(&mut self, text: &str) -> Option<()> {
        let (whole, rest) = text.as_bytes().as_chunks::<BYTES>();
        let room = self.words.get_mut(self.len..)?.get_mut(..=whole.len())?;
        self.len += room.len();
        let (last, room) = room.split_last_mut()?;
        for (word, bytes) in room.iter_mut().zip(whole) {
            *word = !usize::from_le_bytes(*bytes);
        }
        *last = match text.as_bytes().last_chunk() {
            _ if rest.is_empty() => END,
            // The last bytes as a whole word, without those that are in the word before.
            Some(bytes) => !usize::from_le_bytes(*bytes) >> (8 * (BYTES - rest.len())),
            None => short(rest),
        };
        Some(())
    }

    /// Ends a row of texts.
    #[inline]
    pub(crate) fn finish(&mut self) -> Option<()> {
        *self.words.get_mut(self.len)? = LAST;
        self.len += 1;
        Some(())
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[usize] {
        self.words.get(..self.len).unwrap_or_default()
    }
}

/// The word of a text that does not fill one. Pieces of a fixed length, which may overlap, take the place of a loop
/// over the bytes.
#[inline]
fn short(bytes: &[u8]) -> usize {
    let len = bytes.len();
    #[cfg(target_pointer_width = "64")]
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|piece| !u32::from_le_bytes(*piece) as usize);
        return first | last << (8 * (len - size_of::<u32>()));
    }
    // At most three are left, of which these are all.
    [0, len / 2, len - 1].into_iter().fold(0, |word, at| {
        let byte = bytes.get(at).map_or(0, |byte| !byte);
        word | usize::from(byte) << (8 * at)
    })
}

/// The texts in the bytes of an entry, each inverted back.
pub(crate) struct Texts<'a>(&'a [u8]);

impl<'a> Texts<'a> {
    pub(crate) fn of<const N: usize>(bytes: &'a [[u8; BYTES]; N]) -> Self {
        Self(bytes.as_flattened())
    }
}

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if matches!(self.0, [] | [0xff, 0xff, ..]) {
            return None;
        }
        let len = self.0.iter().position(|byte| *byte == 0xff)?;
        let (text, _) = self.0.split_at_checked(len)?;
        // The next text begins with a word.
        self.0 = self.0.get((len / BYTES + 1) * BYTES..).unwrap_or_default();
        core::str::from_utf8(text).ok()
    }
}

/// Whether these words hold a whole row, up to its end.
pub(crate) fn is_finished<const N: usize>(words: &[AtomicUsize; N]) -> bool {
    words.iter().any(|word| word.load(Ordering::Acquire) == LAST)
}
