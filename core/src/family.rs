//! Families: one instrument for each combination of labels, in memory that is fixed when the program is linked.

mod dense;
mod keyed;
mod list;
mod sparse;

use core::marker::PhantomData;

pub use dense::Dense;
pub use keyed::{Keyed, MAX_LABELS};
pub use list::LabelList;
pub use sparse::Sparse;

use crate::instrument::Instrument;
use crate::label::LabelSet;
use crate::stripe::{Cells, Single, Striping};
use crate::visit::{Key, Kind, LabelVisitor, Metric, Number, Point, Standing, Usage};

/// One `M` for each combination of the labels of `L`.
///
/// A small number of combinations is a table with an index computed from the labels. A large one states `max_series`
/// and takes that many, first come first served; what comes later shares one series, labelled
/// `otel.metric.overflow="true"`, and told by [`usage`](Self::usage). No recording is dropped and none is counted twice.
/// Finding a series is lock-free, never waits and never allocates, from any number of threads and interrupts.
///
/// `S` spreads the cells over [stripes](crate::stripe), for threads that record at the same time.
///
/// A series is exported once it was asked for; a gauge's, once it was set. Prometheus takes an optional label that is
/// `None` and one that is empty for the same: its encoders add up such series (of gauges, too), and OTLP keeps them apart.
///
/// It occupies the cells and a byte for each; with `max_series`, the cells, the overflow's, four bytes a series, four for
/// each of its slots (the power of two above one and a half times the series), and eight (four without 64-bit atomics).
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
/// assert_eq!(size_of_val(&LOOKUPS), 4 * 8 + 8); // a byte for each, rounded up to eight
/// ```
#[derive(Debug)]
pub struct Family<L: LabelSet, M: Instrument, S: Striping<M> = Single> {
    store: L::Store<M, S>,
    labels: PhantomData<fn(L)>,
}

impl<L: LabelSet, M: Instrument, S: Striping<M>> Family<L, M, S> {
    /// A family without series.
    #[must_use]
    pub const fn new() -> Self {
        Self { store: <L::Store<M, S> as Store<L, M>>::INIT, labels: PhantomData }
    }

    /// How many series are in use, how many there is room for, and what was counted in the overflow.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.store.usage()
    }

    /// The series with these labels. Keep the reference where the labels do not change; with
    /// [stripes](crate::stripe) let each thread get its own, since it is the stripe of whoever asked.
    #[inline]
    pub fn with(&self, labels: L) -> &M {
        self.store.cell(labels.index())
    }

    /// The series with these labels on one stripe; `None` for a stripe that there is not.
    #[inline]
    pub(crate) fn on_stripe(&self, labels: L, stripe: usize) -> Option<&M> {
        self.store.on_stripe(labels.index(), stripe)
    }
}

impl<L: LabelSet, M: Instrument, S: Striping<M>> Default for Family<L, M, S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: LabelSet, M: Instrument, S: Striping<M>> Metric for Family<L, M, S> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new family
    const INIT: Self = Self::new();
    const KIND: Kind = M::KIND;
    const FLOATS: bool = M::FLOATS;
    const POSITIONS: usize = <L::Store<M, S> as Store<L, M>>::POSITIONS;

    fn is_live(&self, position: usize) -> bool {
        self.store.is_live(position)
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        self.store.labels(position, visitor)
    }

    #[inline(always)]
    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        self.store.point(position, with)
    }

    const COINCIDES: bool = L::COINCIDES;

    fn standing(&self, position: usize) -> Standing {
        if Self::COINCIDES { self.store.standing(position) } else { Standing::Alone }
    }

    fn coinciding(&self, position: usize, each: impl FnMut(usize)) {
        self.store.coinciding(position, each);
    }

    fn usage(&self) -> Option<Usage> {
        Some(self.store.usage())
    }
}

/// The label of the series that takes what does not fit, as the OpenTelemetry metrics SDK specification names it.
const OVERFLOW: Key<'static> = Key { name: "otel.metric.overflow", prometheus: "otel_metric_overflow" };

/// What the overflow holds: a counter's total (a float's whole part), a histogram's count, and for others whether anything
/// was recorded.
fn overflowed<M: Instrument>(overflow: &impl Cells<M>) -> u64 {
    let held = overflow.point(0, |point| match point {
        Point::Number(Number::Unsigned(total)) => Some(total),
        Point::Histogram(point) => Some(point.count),
        Point::Number(Number::Float(total)) if M::FLOATS && M::KIND == (Kind::Sum { monotonic: true }) => {
            Some(total as u64)
        }
        Point::Number(Number::Signed(_) | Number::Float(_)) => None,
        Point::Exponential(point) => Some(point.count()),
    });
    held.flatten().unwrap_or_else(|| overflow.is_touched(0).into())
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

    /// The cell for the combination that has this number, on one stripe; `None` for a stripe that there is not.
    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M>;

    /// Hands the data point at a position to `with`.
    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R>;

    /// Whether there is a series at a position.
    fn is_live(&self, position: usize) -> bool;

    /// Walks the labels of the series at a position.
    ///
    /// # Errors
    /// The first error of the visitor ends the walk.
    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error>;

    /// How the series at a position stands to those that Prometheus takes for the same.
    fn standing(&self, position: usize) -> Standing;

    /// Hands the positions of all series that Prometheus takes for the one at a position to `each`.
    fn coinciding(&self, position: usize, each: impl FnMut(usize));

    /// How much of it is in use.
    fn usage(&self) -> Usage;
}

/// The combinations that Prometheus takes for the one with this number, always in one order.
fn spellings<L: LabelSet>(index: usize) -> impl Iterator<Item = usize> {
    (0..L::spellings(index)).filter_map(move |nth| L::spelling(index, nth))
}
