//! Labels: what tells the series of a family apart. Each value has a number below a cardinality that is known when the
//! program is compiled.

mod http;
mod learned;
mod number;
mod set;

pub use http::{HttpMethod, HttpStatus};
pub use learned::{Learned, LearnedTable, words};
pub use number::NumberLabel;
pub use set::LabelSet;

use crate::visit::Value;

/// The value that stands for all others, as the semantic conventions spell it.
pub const OTHER: &str = "_OTHER";

/// One label: a closed set of values, or one with a bound.
///
/// Derive it on an enum without fields, whose variants are then the values, or on a struct that holds one
/// [`Learned`], whose values are learned at run time. `bool`, [`NumberLabel`], [`HttpMethod`] and [`HttpStatus`] are
/// labels too, and so is an `Option` of any.
pub trait Label: Copy {
    /// How many values there are, the overflow value included.
    const CARDINALITY: usize;

    /// The number of this value, below [`CARDINALITY`](Self::CARDINALITY).
    fn index(self) -> usize;

    /// Hands the value that has this number to `with`; `None` where the series has no such label.
    fn value<R>(index: usize, with: impl FnOnce(Option<Value<'_>>) -> R) -> R;

    /// Whether the value with this number can be shown: one that another thread learns just now may not be whole here.
    /// Once it is, it stays.
    #[must_use]
    fn is_known(_index: usize) -> bool {
        true
    }
}

impl Label for bool {
    const CARDINALITY: usize = 2;

    #[inline]
    fn index(self) -> usize {
        usize::from(self)
    }

    fn value<R>(index: usize, with: impl FnOnce(Option<Value<'_>>) -> R) -> R {
        with(Some(Value::Bool(index != 0)))
    }
}

/// A label that only some series have.
///
/// ```
/// use picometer::label::{HttpMethod, Label};
///
/// assert_eq!(Option::<HttpMethod>::CARDINALITY, HttpMethod::CARDINALITY + 1);
/// Option::<HttpMethod>::value(None::<HttpMethod>.index(), |value| assert_eq!(value, None));
/// ```
impl<L: Label> Label for Option<L> {
    const CARDINALITY: usize = L::CARDINALITY + 1;

    #[inline]
    fn index(self) -> usize {
        self.map_or(L::CARDINALITY, L::index)
    }

    fn value<R>(index: usize, with: impl FnOnce(Option<Value<'_>>) -> R) -> R {
        if index == L::CARDINALITY { with(None) } else { L::value(index, with) }
    }

    fn is_known(index: usize) -> bool {
        index == L::CARDINALITY || L::is_known(index)
    }
}
