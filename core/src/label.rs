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
/// labels too.
pub trait Label: Copy {
    /// How many values there are, the overflow value included.
    const CARDINALITY: usize;

    /// The number of this value, below [`CARDINALITY`](Self::CARDINALITY).
    fn index(self) -> usize;

    /// Hands the value that has this number to `with`.
    fn value<R>(index: usize, with: impl FnOnce(Value<'_>) -> R) -> R;
}

impl Label for bool {
    const CARDINALITY: usize = 2;

    #[inline]
    fn index(self) -> usize {
        usize::from(self)
    }

    fn value<R>(index: usize, with: impl FnOnce(Value<'_>) -> R) -> R {
        with(Value::Bool(index != 0))
    }
}
