//! The labels of one series as Prometheus gets them: names of letters, digits and `_`, none of them twice.

use crate::atomic::AtomicUsize;
use crate::family::keyed::{MAX_LABELS, underscored};
use crate::hash::{SPREAD, mix};
use crate::visit::Key;
use crate::words::{BYTES, Texts};

/// The labels of an entry, and the names that its keys have for Prometheus.
pub(super) struct Exposed<const WORDS: usize> {
    texts: Texts<WORDS>,
    /// The names, one behind the other. A name takes at most one byte more than its key, and each key has one to spare.
    names: [[u8; BYTES]; WORDS],
    /// Where each name ends.
    ends: [u16; MAX_LABELS],
    /// Whether several keys have one name.
    joins: bool,
}

impl<const WORDS: usize> Exposed<WORDS> {
    /// Reads an entry.
    pub(super) fn of(words: &[AtomicUsize; WORDS]) -> Self {
        let texts = Texts::of(words);
        let mut names = [[0; BYTES]; WORDS];
        let mut ends = [0; MAX_LABELS];
        let (mut end, mut len) = (0, 0);
        for ((key, _), place) in pairs(&texts).zip(&mut ends) {
            let room = names.as_flattened_mut().get_mut(end..).unwrap_or_default();
            end += underscored(key, room).len();
            *place = end as u16;
            len += 1;
        }
        let mut exposed = Self { texts, names, ends, joins: false };
        exposed.joins = (1..len).any(|at| exposed.is_told_before(at));
        exposed
    }

    /// Whether several keys have one name.
    pub(super) const fn joins(&self) -> bool {
        self.joins
    }

    /// Hands the labels to `take` until it returns false; returns whether it never did. Where several keys have one name,
    /// the first has the values of all, in the order of the keys and joined by `;`, as OpenTelemetry's specification of the
    /// translation to Prometheus says.
    // Not generic: on a microcontroller a copy for each use would take two kilobytes of flash.
    pub(super) fn walk(&self, take: &mut dyn FnMut(Key<'_>, &str) -> bool) -> bool {
        pairs(&self.texts).enumerate().all(|(at, (name, value))| {
            let key = Key { name, prometheus: self.name(at) };
            if !self.joins {
                take(key, value)
            } else {
                self.is_told_before(at) || take(key, self.joined(at, &mut [[0; BYTES]; WORDS]))
            }
        })
    }

    /// A hash of the labels that are not empty, whatever their order.
    pub(super) fn hash(&self, seed: usize) -> usize {
        let mut sum = 0_usize;
        self.walk(&mut |key, value| {
            if !value.is_empty() {
                sum = sum.wrapping_add(digest(digest(seed, key.prometheus), value));
            }
            true
        });
        sum
    }

    /// Whether Prometheus takes both for one series: the labels that are not empty are the same.
    pub(super) fn coincides(&self, other: &Self) -> bool {
        self.is_among(other) && other.is_among(self)
    }

    #[inline(never)]
    fn is_among(&self, other: &Self) -> bool {
        self.walk(&mut |key, value| {
            let is_another = |held: Key<'_>, of_held: &str| (held.prometheus, of_held) != (key.prometheus, value);
            value.is_empty() || !other.walk(&mut { is_another })
        })
    }

    fn name(&self, at: usize) -> &str {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| usize::from(*end));
        let begin = at.checked_sub(1).map_or(0, end);
        let name = self.names.as_flattened().get(begin..end(at));
        name.and_then(|name| core::str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// Whether a key before this one has the same name.
    fn is_told_before(&self, at: usize) -> bool {
        (0..at).any(|before| self.name(before) == self.name(at))
    }

    /// The values of all keys that have this name. Together they take no more room than they do in the entry.
    fn joined<'a>(&self, at: usize, room: &'a mut [[u8; BYTES]; WORDS]) -> &'a str {
        let room = room.as_flattened_mut();
        let mut len = 0;
        let values = pairs(&self.texts).enumerate().filter(|(other, _)| self.name(*other) == self.name(at));
        for (number, (_, (_, value))) in values.enumerate() {
            let separator: &[u8] = if number == 0 { b"" } else { b";" };
            for (place, byte) in room.iter_mut().skip(len).zip(separator.iter().chain(value.as_bytes())) {
                *place = *byte;
                len += 1;
            }
        }
        room.get(..len).and_then(|joined| core::str::from_utf8(joined).ok()).unwrap_or_default()
    }
}

fn pairs<const WORDS: usize>(texts: &Texts<WORDS>) -> impl Iterator<Item = (&str, &str)> {
    let mut texts = texts.iter();
    core::iter::from_fn(move || texts.next().zip(texts.next()))
}

/// Mixes a text, and where it ends, into a hash.
fn digest(hash: usize, text: &str) -> usize {
    let (whole, rest) = text.as_bytes().as_chunks::<BYTES>();
    let mut last = [0; BYTES];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let words = whole.iter().chain([&last]).map(|word| usize::from_le_bytes(*word));
    words.chain([text.len()]).fold(hash, |hash, word| mix(hash ^ word, SPREAD))
}
