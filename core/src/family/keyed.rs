//! A family whose labels are known at run time only: keys and values as text.

mod coinciding;
mod exposed;

use self::coinciding::Coinciding;
use self::exposed::Exposed;
use crate::family::list::{LabelList, is_before};
use crate::instrument::Instrument;
use crate::intern::{Interner, Missing};
use crate::slots::slots;
use crate::stripe::{Cells, Single, Striping};
use crate::visit::{Key, Kind, LabelVisitor, Metric, Point, Standing, Usage, Value};
use crate::words::{BYTES, Row, Texts, Words, is_finished};

/// One `M` for each list of labels, of which there are at most `SERIES`. Named by [`keyed!`](crate::keyed).
///
/// The order of the labels does not matter. Keys are hashed with a seed and compared in full, so two lists share a
/// series only if they are the same. Finding a series is lock-free, entering one is wait-free, and neither allocates.
///
/// These lists share the series `otel.metric.overflow="true"`: what comes when all series are taken, what is longer than
/// `WORDS` words or [`MAX_LABELS`] labels, an empty key, and a key that becomes `le`, `quantile`, `otel_scope_name`,
/// `otel_scope_version` or `otel_metric_overflow` for Prometheus. Of a key that is there twice the last value counts. Write
/// keys in the order of their bytes: a list in another order is found as well, but takes more than four times as long
/// (`ci/icount.sh`).
///
/// Lists that differ are series that differ, and OTLP shows them so. Prometheus cannot tell all of them apart: an empty
/// value is no label there, and `a.b` is spelled `a_b`. Its encoders add up the series that it takes for one; of gauges,
/// too. Keys of one list that have one name there are one label, with the values joined by `;` in the order of the keys.
///
/// It occupies the cells, `WORDS` words a series for the labels, four bytes for each of `SLOTS` slots (the power of two
/// above one and a half times the series), eight bytes a series for what Prometheus cannot tell apart, one more cell, and three
/// words.
///
/// ```
/// use picometer::{Counter, family::Keyed, keyed};
///
/// static REQUESTS: keyed!(Counter, series = 100, words = 12) = Keyed::new();
///
/// REQUESTS.with(&[("method", "GET"), ("route", "/v1/ping")]).inc();
/// REQUESTS.with(&[("route", "/v1/ping"), ("method", "GET")]).inc();
/// assert_eq!(REQUESTS.with(&[("method", "GET"), ("route", "/v1/ping")]).total(), 2);
/// assert_eq!(REQUESTS.usage().series, 1);
/// ```
#[derive(Debug)]
pub struct Keyed<M: Instrument, const SERIES: usize, const WORDS: usize, const SLOTS: usize, S: Striping<M> = Single> {
    keys: Interner<SERIES, WORDS, SLOTS>,
    coinciding: Coinciding<SERIES>,
    cells: S::Cells<SERIES>,
    overflow: S::Cells<1>,
}

/// The type of a [`Keyed`](crate::family::Keyed) family: instrument, most series, most words of a list of labels, and
/// the [striping](crate::stripe) where it is not `Single`.
///
/// Each key and each value takes its bytes and one more, rounded up to whole words (of eight bytes on a 64-bit target),
/// and each list one word more.
#[macro_export]
macro_rules! keyed {
    ($instrument:ty, series = $series:expr, words = $words:expr) => {
        $crate::keyed!($instrument, series = $series, words = $words, stripes = $crate::stripe::Single)
    };
    ($instrument:ty, series = $series:expr, words = $words:expr, stripes = $stripes:ty) => {
        $crate::family::Keyed<$instrument, { $series }, { $words }, { $crate::slots($series) }, $stripes>
    };
}

/// The most labels of one list.
pub const MAX_LABELS: usize = 16;

impl<M, const SERIES: usize, const WORDS: usize, const SLOTS: usize, S> Keyed<M, SERIES, WORDS, SLOTS, S>
where
    M: Instrument,
    S: Striping<M>,
{
    /// A family without series.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(SLOTS == slots(SERIES), "name a keyed family with `keyed!`: it computes the slots") };
        Self { keys: Interner::new(), coinciding: Coinciding::new(), cells: S::Cells::INIT, overflow: S::Cells::INIT }
    }

    /// The series with these labels, in any order. Keep the reference where the labels do not change.
    #[inline(always)] // so that keys the compiler knows are words already
    pub fn with<L: LabelList + ?Sized>(&self, labels: &L) -> &M {
        let mut room = [0; WORDS];
        let row = self.row(labels, &mut room);
        if let Some(row) = row {
            match self.keys.find(row) {
                Ok(entry) => return self.cells.cell(entry),
                // No list is entered that is not sorted.
                Err(Missing { is_full: true }) if labels.is_sorted() => return self.overflow.cell(0),
                Err(_) => {}
            }
        }
        match labels.copied(|list| self.missing(list, labels.is_sorted(), row)) {
            Some(entry) => self.cells.cell(entry),
            None => self.overflow.cell(0),
        }
    }

    /// How many series are in use, how many there is room for, and what was counted in the overflow.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage { series: self.keys.len(), capacity: SERIES, overflowed: super::overflowed(&self.overflow) }
    }

    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub fn create(&self) {
        self.keys.create();
        self.coinciding.create();
        for entry in 0..SERIES {
            let _ = self.cells.is_touched(entry);
        }
        let _ = self.overflow.is_touched(0);
    }

    /// The labels at a position as Prometheus gets them, if they need another look than their keys' names: Prometheus may
    /// take several series for one, or keys of one series. None, too, if no series is there.
    #[inline]
    fn odd(&self, position: usize) -> Option<Exposed<WORDS>> {
        // In this order: once an entry is linked, it is known whether it coincides with one before.
        if self.is_linked(position) && self.coinciding.any() { self.exposed(position) } else { None }
    }

    /// Whether a series is there, which is linked now if it was not.
    #[inline]
    fn is_linked(&self, position: usize) -> bool {
        self.coinciding.is_linked(position) || self.link(position)
    }

    #[cold]
    #[inline(never)]
    fn link(&self, position: usize) -> bool {
        let Some(exposed) = self.exposed(position) else { return false };
        let hash = exposed.hash(self.keys.seed());
        self.coinciding.link(position, hash, exposed.joins(), |other| self.coincides(&exposed, other));
        true
    }

    #[cold]
    #[inline(never)]
    fn exposed(&self, position: usize) -> Option<Exposed<WORDS>> {
        self.keys.words(position).filter(|words| is_finished(words)).map(Exposed::of)
    }

    fn coincides(&self, exposed: &Exposed<WORDS>, other: usize) -> bool {
        self.keys.words(other).is_some_and(|words| exposed.coincides(&Exposed::of(words)))
    }

    /// Hands the positions of the series that Prometheus takes for the one with these labels to `each`, in an order that
    /// never changes.
    #[inline(never)]
    fn alike(&self, exposed: &Exposed<WORDS>, each: &mut dyn FnMut(usize)) {
        let chain = self.coinciding.chain(exposed.hash(self.keys.seed()));
        chain.filter(|other| self.coincides(exposed, *other)).for_each(each);
    }

    #[inline(always)]
    fn row<'a, L: LabelList + ?Sized>(&self, labels: &L, room: &'a mut [usize; WORDS]) -> Option<Row<'a, WORDS>> {
        labels
            .try_fold(
                Words::new(room, self.keys.seed()),
                #[inline(always)]
                |words, label| words.pair(label),
            )?
            .finish()
    }

    /// The entry of a list that was not found as it is.
    #[inline(never)]
    fn missing(&self, labels: &[(&str, &str)], is_sorted: bool, row: Option<Row<'_, WORDS>>) -> Option<usize> {
        if is_sorted { self.enter(labels, row?) } else { self.unsorted(labels) }
    }

    #[cold]
    fn enter(&self, labels: &[(&str, &str)], row: Row<'_, WORDS>) -> Option<usize> {
        if are_valid::<WORDS>(labels) { self.keys.enter(row) } else { None }
    }

    /// The entry of a list whose keys are not sorted, or there twice.
    #[cold]
    fn unsorted(&self, labels: &[(&str, &str)]) -> Option<usize> {
        let mut sorted = [("", ""); MAX_LABELS];
        let mut len = 0;
        for label in labels {
            let at = sorted.iter().take(len).position(|(key, _)| !is_before(key, label.0)).unwrap_or(len);
            let place = sorted.get_mut(at)?;
            if at < len && place.0 == label.0 {
                *place = *label;
            } else {
                // Each moves one place on.
                let mut carried = *label;
                sorted.get_mut(at..=len)?.iter_mut().for_each(|place| core::mem::swap(place, &mut carried));
                len += 1;
            }
        }
        let labels = sorted.get(..len)?;
        let mut room = [0; WORDS];
        let row = self.row(labels, &mut room)?;
        match self.keys.find(row) {
            Ok(entry) => Some(entry),
            Err(Missing { is_full: true }) => None,
            Err(Missing { is_full: false }) => self.enter(labels, row),
        }
    }
}

impl<M, const SERIES: usize, const WORDS: usize, const SLOTS: usize, S> Default for Keyed<M, SERIES, WORDS, SLOTS, S>
where
    M: Instrument,
    S: Striping<M>,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<M, const SERIES: usize, const WORDS: usize, const SLOTS: usize, S> Metric for Keyed<M, SERIES, WORDS, SLOTS, S>
where
    M: Instrument,
    S: Striping<M>,
{
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new family
    const INIT: Self = Self::new();
    const KIND: Kind = M::KIND;
    const FLOATS: bool = M::FLOATS;
    const POSITIONS: usize = SERIES + 1;

    fn is_live(&self, position: usize) -> bool {
        if position == SERIES {
            return self.overflow.is_touched(0);
        }
        self.keys.words(position).is_some_and(is_finished) && (M::STARTS_LIVE || self.cells.is_touched(position))
    }

    const COINCIDES: bool = true;

    fn prepare(&self) {
        for position in 0..SERIES {
            self.is_linked(position);
        }
    }

    fn standing(&self, position: usize) -> Standing {
        if !self.is_linked(position) {
            return Standing::Absent;
        }
        let Some(exposed) = self.odd(position) else { return Standing::Alone };
        let (mut first, mut number) = (None, 0_usize);
        self.alike(&exposed, &mut |other| {
            first = first.or(Some(other));
            number += 1;
        });
        Standing::of(first == Some(position), number)
    }

    fn coinciding(&self, position: usize, mut each: impl FnMut(usize)) {
        match self.odd(position) {
            Some(exposed) => self.alike(&exposed, &mut each),
            None => each(position),
        }
    }

    fn exposed_labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        let Some(exposed) = self.odd(position) else { return self.labels(position, visitor) };
        let mut taken = Ok(());
        exposed.walk(&mut |key, value| {
            // Which of the series that coincide has an empty label depends on which came first.
            if !value.is_empty() {
                taken = visitor.label(key, Value::Text(value));
            }
            taken.is_ok()
        });
        taken
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        let Some(words) = self.keys.words(position) else { return visitor.label(super::OVERFLOW, Value::Bool(true)) };
        let texts = Texts::of(words);
        let mut texts = texts.iter();
        while let Some((name, value)) = texts.next().zip(texts.next()) {
            let mut room = [[0; BYTES]; WORDS];
            let prometheus = if is_plain(name) { name } else { underscored(name, room.as_flattened_mut()) };
            visitor.label(Key { name, prometheus }, Value::Text(value))?;
        }
        Ok(())
    }

    fn usage(&self) -> Option<Usage> {
        Some(Keyed::usage(self))
    }

    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        if position == SERIES { self.overflow.point(0, with) } else { self.cells.point(position, with) }
    }
}

/// Names that the exposition formats keep for themselves.
const RESERVED: [&str; 5] = ["le", "quantile", "otel_scope_name", "otel_scope_version", "otel_metric_overflow"];

/// Whether every exporter can show these labels. Looked at once for each series.
fn are_valid<const WORDS: usize>(labels: &[(&str, &str)]) -> bool {
    let mut room = [[0; BYTES]; WORDS];
    labels.len() <= MAX_LABELS
        && labels
            .iter()
            .all(|(key, _)| !key.is_empty() && !RESERVED.contains(&underscored(key, room.as_flattened_mut())))
}

/// Whether a key is its own name for Prometheus: letters and digits, of which a letter comes first.
fn is_plain(key: &str) -> bool {
    key.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && key.bytes().fold(true, |all, byte| {
            // Without a branch.
            let (letter, digit) = ((byte | 0x20).wrapping_sub(b'a'), byte.wrapping_sub(b'0'));
            all & ((letter < 26) | (digit < 10))
        })
}

/// The name of a label for Prometheus, written to `room`: what it does not take becomes `_`, runs of it become one, and
/// a digit does not come first.
fn underscored<'a>(key: &str, room: &'a mut [u8]) -> &'a str {
    let mut len = 0;
    let mut put = |byte: u8| {
        let is_run = byte == b'_' && len > 0 && room.get(len - 1) == Some(&b'_');
        if let Some(place) = room.get_mut(len).filter(|_| !is_run) {
            *place = byte;
            len += 1;
        }
    };
    if key.starts_with(|first: char| first.is_ascii_digit()) {
        put(b'_');
    }
    for byte in key.bytes() {
        put(if byte.is_ascii_alphanumeric() { byte } else { b'_' });
    }
    room.get(..len).and_then(|name| core::str::from_utf8(name).ok()).unwrap_or_default()
}
