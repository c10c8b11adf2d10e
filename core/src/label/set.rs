//! Label sets: the labels of a family.

use crate::family::Store;
use crate::instrument::Instrument;
use crate::stripe::Striping;
use crate::visit::{Key, LabelVisitor};

/// The labels of a family, derived on a struct of labels.
///
/// `max_series` is a constant expression, at most 16,777,214. Without it there are at most 4,096 combinations.
///
/// ```
/// use picometer::{Counter, Family, LabelSet, label::{HttpMethod, HttpStatus}};
///
/// #[derive(LabelSet, Clone, Copy)]
/// #[label_set(max_series = 64)]
/// struct Request { method: HttpMethod, status: HttpStatus }
///
/// static REQUESTS: Family<Request, Counter> = Family::new();
/// REQUESTS.with(Request { method: HttpMethod::Get, status: HttpStatus::new(200) }).inc();
/// ```
pub trait LabelSet: Copy + 'static {
    /// The keys, in order of declaration.
    const KEYS: &'static [Key<'static>];

    /// How many combinations there are.
    const CARDINALITY: usize;

    /// Where the cells are: a dense table, or one of `max_series`.
    type Store<M: Instrument, S: Striping<M>>: Store<Self, M>;

    /// The number of this combination, below [`CARDINALITY`](Self::CARDINALITY).
    fn index(self) -> usize;

    /// Walks the labels of the combination that has this number.
    ///
    /// # Errors
    /// The first error of the visitor ends the walk.
    fn labels<V: LabelVisitor>(index: usize, visitor: &mut V) -> Result<(), V::Error>;

    /// Whether each label of the combination that has this number [can be shown](crate::Label::is_known).
    #[must_use]
    fn are_known(index: usize) -> bool;

    /// Whether Prometheus may take several combinations for one, because they differ only in how a label is absent: it is
    /// `None` in one and empty in another.
    #[doc(hidden)]
    const COINCIDES: bool = false;

    /// How many combinations Prometheus takes for the one with this number, itself among them.
    #[doc(hidden)]
    #[must_use]
    fn spellings(_index: usize) -> usize {
        1
    }

    /// The `nth` of them; `None` where there is no such. The first is always there and is the same for all of them.
    #[doc(hidden)]
    #[must_use]
    fn spelling(index: usize, _nth: usize) -> Option<usize> {
        Some(index)
    }
}
