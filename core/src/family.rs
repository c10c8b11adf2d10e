//! Families: one instrument for each combination of labels, in memory that is fixed when the program is linked.

mod dense;
mod sparse;

use core::marker::PhantomData;

pub use dense::Dense;
pub use sparse::Sparse;

use crate::instrument::Instrument;
use crate::label::LabelSet;
use crate::visit::{Kind, LabelVisitor, Metric, Point};

/// One `M` for each combination of the labels of `L`.
///
/// A small number of combinations is a table with an index computed from the labels. A large one states `max_series`
/// and takes that many, first come first served; what comes later shares one series, labelled
/// `otel.metric.overflow="true"`. No recording is dropped and none is counted twice. Finding a series is lock-free,
/// never waits and never allocates, from any number of threads and interrupts.
///
/// It occupies the cells; with `max_series`, also the overflow's, four bytes a series, four for each of its slots (the
/// power of two at or above twice the series), and eight (four on a 32-bit target).
///
/// ```
/// use picometer::{Counter, Family, Label, LabelSet};
///
/// #[derive(Label, Clone, Copy)]
/// enum Outcome { Hit, Miss }
///
/// #[derive(LabelSet, Clone, Copy)]
/// struct Lookup { outcome: Outcome, remote: bool }
///
/// static LOOKUPS: Family<Lookup, Counter> = Family::new();
///
/// LOOKUPS.with(Lookup { outcome: Outcome::Hit, remote: false }).inc();
/// let misses = LOOKUPS.with(Lookup { outcome: Outcome::Miss, remote: true }); // kept for a hot path
/// misses.add(2);
/// assert_eq!(misses.total(), 2);
/// assert_eq!(size_of_val(&LOOKUPS), 4 * 8);
/// ```
#[derive(Debug)]
pub struct Family<L: LabelSet, M: Instrument> {
    store: L::Store<M>,
    labels: PhantomData<fn(L)>,
}

impl<L: LabelSet, M: Instrument> Family<L, M> {
    /// A family without series.
    #[must_use]
    pub const fn new() -> Self {
        Self { store: <L::Store<M> as Store<L, M>>::INIT, labels: PhantomData }
    }

    /// The series with these labels. Keep the reference where the labels do not change.
    #[inline]
    pub fn with(&self, labels: L) -> &M {
        self.store.cell(labels.index())
    }
}

impl<L: LabelSet, M: Instrument> Default for Family<L, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: LabelSet, M: Instrument> Metric for Family<L, M> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new family
    const INIT: Self = Self::new();
    const KIND: Kind = M::KIND;
    const POSITIONS: usize = <L::Store<M> as Store<L, M>>::POSITIONS;

    fn is_live(&self, position: usize) -> bool {
        self.store.is_live(position)
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        self.store.labels(position, visitor)
    }

    #[inline(always)]
    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        Some(self.store.at(position)?.point(with))
    }
}

/// Where the cells of a family are.
pub trait Store<L: LabelSet, M: Instrument>: 'static {
    /// Without series.
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new store
    const INIT: Self;

    /// How many positions there are, live or not.
    const POSITIONS: usize;

    /// The cell for the combination that has this number.
    fn cell(&self, index: usize) -> &M;

    /// The cell at a position.
    fn at(&self, position: usize) -> Option<&M>;

    /// Whether there is a series at a position.
    fn is_live(&self, position: usize) -> bool;

    /// Walks the labels of the series at a position.
    ///
    /// # Errors
    /// The first error of the visitor ends the walk.
    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error>;
}
