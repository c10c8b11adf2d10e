//! A table with a cell for every combination.

use crate::family::Store;
use crate::instrument::Instrument;
use crate::label::LabelSet;
use crate::visit::{LabelVisitor, Usage};

/// `N` cells, one for each combination; the index is the combination's number. A series is live once it was recorded.
#[derive(Debug)]
pub struct Dense<M, const N: usize>([M; N]);

impl<L: LabelSet, M: Instrument, const N: usize> Store<L, M> for Dense<M, N> {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = {
        assert!(N == L::CARDINALITY && N > 0, "a dense table has a cell for each combination");
        Self([const { M::INIT }; N])
    };
    const POSITIONS: usize = N;

    #[inline]
    fn cell(&self, index: usize) -> &M {
        // A derived label set is never out of range.
        self.0.get(index).unwrap_or(&self.0[N - 1])
    }

    fn at(&self, position: usize) -> Option<&M> {
        self.0.get(position)
    }

    fn is_live(&self, position: usize) -> bool {
        self.0.get(position).is_some_and(M::is_touched)
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        L::labels(position, visitor)
    }

    fn usage(&self) -> Usage {
        // There is a cell for every combination, so nothing overflows.
        Usage { series: self.0.iter().filter(|cell| cell.is_touched()).count(), capacity: N, overflowed: 0 }
    }
}
