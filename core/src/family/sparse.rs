//! A table of `max_series` cells, claimed by the first combinations that come.
//!
//! Series are claimed in order. The key at the end of the order is set by one compare-exchange, entered into the hash
//! slots, and only then does the order move on, each step done by whoever gets to it first. So a key that is not in
//! the slots is at most at the end of the order, no key is claimed twice, and nobody waits for anybody.

use crate::atomic::{AtomicU32, Ordering};
use crate::family::{Store, spellings};
use crate::hash::SPREAD;
use crate::instrument::Instrument;
use crate::label::LabelSet;
use crate::slots::{MAX_ENTRIES, Probe, Slots, slots};
use crate::stripe::{Cells, Striping};
use crate::visit::{LabelVisitor, Point, Standing, Usage, Value};

/// `SERIES` cells and one more for the overflow, with `SLOTS` hash slots.
#[derive(Debug)]
pub struct Sparse<M: Instrument, S: Striping<M>, const SERIES: usize, const SLOTS: usize> {
    /// How many keys are in the slots. Those beyond may be claimed already, and are then found by their claimers.
    entered: AtomicU32,
    slots: Slots<SLOTS>,
    /// The number of the combination plus one; zero is free.
    keys: [AtomicU32; SERIES],
    cells: S::Cells<SERIES>,
    overflow: S::Cells<1>,
}

impl<M: Instrument, S: Striping<M>, const SERIES: usize, const SLOTS: usize> Sparse<M, S, SERIES, SLOTS> {
    /// Creates loom's atomics before a model starts threads.
    #[cfg(loom)]
    pub fn create(&self) {
        let _ = (self.entered.load(Ordering::Relaxed), self.overflow.is_touched(0));
        self.slots.create();
        for (entry, key) in self.keys.iter().enumerate() {
            let _ = (key.load(Ordering::Relaxed), self.cells.is_touched(entry));
        }
    }

    #[inline]
    fn find(&self, key: u32) -> Probe {
        self.slots.find(hash(key), |entry| self.holds(entry, key))
    }

    #[inline]
    fn holds(&self, entry: usize, key: u32) -> bool {
        self.keys.get(entry).is_some_and(|held| held.load(Ordering::Relaxed) == key)
    }

    /// Where the combination that has this number is, if it is anywhere.
    fn position(&self, index: usize) -> Option<usize> {
        match self.find(index as u32 + 1) {
            Probe::Found(entry) => Some(entry),
            Probe::Empty(_) | Probe::Full => None,
        }
    }

    /// The other positions that Prometheus takes for this one.
    fn others<L: LabelSet>(&self, position: usize) -> impl Iterator<Item = usize> {
        let key = self.keys.get(position).map_or(0, |key| key.load(Ordering::Acquire) as usize);
        let spelled = key.checked_sub(1).into_iter().flat_map(spellings::<L>);
        spelled.filter_map(|index| self.position(index)).filter(move |other| *other != position)
    }

    /// The series of the combination that has this number; `None` when it does not fit.
    #[inline]
    fn entry(&self, index: usize) -> Option<usize> {
        let key = index as u32 + 1;
        // Read before the search: only a key that was missed after the table was full is certainly not in it.
        let is_full = self.entered.load(Ordering::Acquire) as usize >= SERIES;
        match self.find(key) {
            Probe::Found(entry) => Some(entry),
            Probe::Empty(_) | Probe::Full if is_full => None,
            Probe::Empty(_) | Probe::Full => self.claim(key),
        }
    }

    #[cold]
    fn claim(&self, key: u32) -> Option<usize> {
        loop {
            let end = self.entered.load(Ordering::Acquire);
            // All before the end is in the slots, so a key found neither there nor at the end is new.
            if let Probe::Found(entry) = self.find(key) {
                return Some(entry);
            }
            let entry = end as usize;
            let last = self.keys.get(entry)?;
            let there = match last.compare_exchange(0, key, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => key,
                Err(there) => there,
            };
            self.slots.enter(hash(there), entry, |entry| self.holds(entry, there));
            // Another thread may have done this step already.
            let _ = self.entered.compare_exchange(end, end + 1, Ordering::AcqRel, Ordering::Relaxed);
            if there == key {
                return Some(entry);
            }
        }
    }
}

impl<L, M, S, const SERIES: usize, const SLOTS: usize> Store<L, M> for Sparse<M, S, SERIES, SLOTS>
where
    L: LabelSet,
    M: Instrument,
    S: Striping<M>,
{
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = {
        assert!(SERIES > 0, "`max_series` must be at least 1");
        assert!(SERIES <= MAX_ENTRIES, "`max_series` is at most 16,777,214");
        assert!(SLOTS.is_power_of_two() && SLOTS >= slots(SERIES), "a family needs three slots for two series");
        assert!(L::CARDINALITY < u32::MAX as usize, "the labels of a family have at most 4,294,967,294 combinations");
        Self {
            entered: AtomicU32::new(0),
            slots: Slots::INIT,
            keys: [const { AtomicU32::new(0) }; SERIES],
            cells: S::Cells::INIT,
            overflow: S::Cells::INIT,
        }
    };
    const POSITIONS: usize = SERIES + 1;

    #[inline]
    fn cell(&self, index: usize) -> &M {
        match self.entry(index) {
            Some(entry) => self.cells.cell(entry),
            None => self.overflow.cell(0),
        }
    }

    #[inline]
    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M> {
        match self.entry(index) {
            Some(entry) => self.cells.on_stripe(entry, stripe),
            None => self.overflow.on_stripe(0, stripe),
        }
    }

    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        if position == SERIES { self.overflow.point(0, with) } else { self.cells.point(position, with) }
    }

    fn is_live(&self, position: usize) -> bool {
        match self.keys.get(position) {
            Some(key) => key.load(Ordering::Acquire) != 0 && (M::STARTS_LIVE || self.cells.is_touched(position)),
            None => position == SERIES && self.overflow.is_touched(0),
        }
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        match self.keys.get(position) {
            Some(key) => L::labels((key.load(Ordering::Acquire) as usize).saturating_sub(1), visitor),
            None => visitor.label(super::OVERFLOW, Value::Bool(true)),
        }
    }

    fn standing(&self, position: usize) -> Standing {
        if self.keys.get(position).is_some_and(|key| key.load(Ordering::Acquire) == 0) {
            return Standing::Absent;
        }
        let others = || self.others::<L>(position);
        // All that was claimed before this position can be found.
        if others().any(|other| other < position) {
            Standing::Follower
        } else if others().next().is_some() {
            Standing::Leader
        } else {
            Standing::Alone
        }
    }

    fn coinciding(&self, position: usize, mut each: impl FnMut(usize)) {
        each(position);
        self.others::<L>(position).for_each(each);
    }

    fn usage(&self) -> Usage {
        let series = self.entered.load(Ordering::Relaxed) as usize;
        Usage { series, capacity: SERIES, overflowed: super::overflowed(&self.overflow) }
    }
}

/// Combinations are numbered by label values that are bounded or learned in turn, so nobody can aim at one slot by
/// more than the bound allows, and a seed is not needed.
#[inline]
fn hash(key: u32) -> usize {
    crate::hash::mix(key as usize, SPREAD)
}
