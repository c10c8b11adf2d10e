//! A table with a cell for every combination.

use core::marker::PhantomData;

use crate::family::Store;
use crate::instrument::Instrument;
use crate::label::LabelSet;
use crate::stripe::{Cells, Striping};
use crate::visit::{LabelVisitor, Point, Usage};

/// `N` cells, one for each combination; the index is the combination's number. A series is live once it was recorded and
/// its labels can be shown.
#[derive(Debug)]
pub struct Dense<M: Instrument, S: Striping<M>, const N: usize> {
    cells: S::Cells<N>,
    instrument: PhantomData<fn() -> M>,
}

impl<L: LabelSet, M: Instrument, S: Striping<M>, const N: usize> Store<L, M> for Dense<M, S, N> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = {
        assert!(N == L::CARDINALITY && N > 0, "a dense table has a cell for each combination");
        Self { cells: S::Cells::INIT, instrument: PhantomData }
    };
    const POSITIONS: usize = N;

    #[inline]
    fn cell(&self, index: usize) -> &M {
        // A derived label set is never out of range.
        self.cells.cell(index)
    }

    #[inline]
    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M> {
        self.cells.on_stripe(index, stripe)
    }

    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        self.cells.point(position, with)
    }

    fn is_live(&self, position: usize) -> bool {
        // Nothing orders a recording behind the learning of its labels for who sees the recording.
        self.cells.is_touched(position) && L::are_known(position)
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        L::labels(position, visitor)
    }

    fn usage(&self) -> Usage {
        // There is a cell for every combination, so nothing overflows.
        Usage { series: (0..N).filter(|index| self.cells.is_touched(*index)).count(), capacity: N, overflowed: 0 }
    }
}
