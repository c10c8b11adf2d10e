//! A table with a cell for every combination.

use core::marker::PhantomData;

use crate::atomic::{AtomicBool, Ordering};
use crate::family::{Store, spellings};
use crate::instrument::Instrument;
use crate::label::LabelSet;
use crate::stripe::{Cells, Striping};
use crate::visit::{LabelVisitor, Point, Standing, Usage};

/// `N` cells, one for each combination; the index is the combination's number. A series is live once it was asked for (that
/// of a gauge once it was set) and its labels can be shown.
#[derive(Debug)]
pub struct Dense<M: Instrument, S: Striping<M>, const N: usize> {
    cells: S::Cells<N>,
    /// Which were asked for. A counter to which zero was added holds nothing that tells it from one that nobody uses.
    asked_for: [AtomicBool; N],
    instrument: PhantomData<fn() -> M>,
}

impl<M: Instrument, S: Striping<M>, const N: usize> Dense<M, S, N> {
    #[inline]
    fn ask_for(&self, index: usize) {
        // A store for each recording would take the cache line from other threads.
        if M::STARTS_LIVE
            && let Some(asked_for) = self.asked_for.get(index)
            && !asked_for.load(Ordering::Relaxed)
        {
            asked_for.store(true, Ordering::Relaxed);
        }
    }

    fn is_in_use(&self, index: usize) -> bool {
        if M::STARTS_LIVE {
            self.asked_for.get(index).is_some_and(|asked_for| asked_for.load(Ordering::Relaxed))
        } else {
            self.cells.is_touched(index)
        }
    }
}

impl<L: LabelSet, M: Instrument, S: Striping<M>, const N: usize> Store<L, M> for Dense<M, S, N> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = {
        assert!(N == L::CARDINALITY && N > 0, "a dense table has a cell for each combination");
        Self { cells: S::Cells::INIT, asked_for: [const { AtomicBool::new(false) }; N], instrument: PhantomData }
    };
    const POSITIONS: usize = N;

    #[inline]
    fn cell(&self, index: usize) -> &M {
        self.ask_for(index);
        // A derived label set is never out of range.
        self.cells.cell(index)
    }

    #[inline]
    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M> {
        self.ask_for(index);
        self.cells.on_stripe(index, stripe)
    }

    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        self.cells.point(position, with)
    }

    fn is_live(&self, position: usize) -> bool {
        // Nothing orders a recording behind the learning of its labels for who sees the recording.
        self.is_in_use(position) && L::are_known(position)
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        L::labels(position, visitor)
    }

    fn standing(&self, position: usize) -> Standing {
        Standing::of(L::spelling(position, 0) == Some(position), spellings::<L>(position).count())
    }

    fn coinciding(&self, position: usize, each: impl FnMut(usize)) {
        spellings::<L>(position).for_each(each);
    }

    fn usage(&self) -> Usage {
        // There is a cell for every combination, so nothing overflows.
        Usage { series: (0..N).filter(|index| self.is_in_use(*index)).count(), capacity: N, overflowed: 0 }
    }
}
