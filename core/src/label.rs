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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label",
    note = "a label is `bool`, a `NumberLabel`, a type with `#[derive(Label)]` (an enum without fields, or a struct that \
            holds one `picometer::Learned`), or an `Option` of one of these"
)]
pub trait Label: Copy {
    /// How many values there are, the overflow value included.
    const CARDINALITY: usize;

    /// The number of this value, below [`CARDINALITY`](Self::CARDINALITY).
    fn index(self) -> usize;

    /// Hands the value that has this number to `with`; `None` where the series has no such label.
    fn value<R>(index: usize, with: impl FnOnce(Option<Value<'_>>) -> R) -> R;

    /// How many values Prometheus takes for no label at all: `None`, and an empty text.
    #[doc(hidden)]
    const BLANKS: usize = 0;

    /// The number of the `nth` value that Prometheus takes for no label; `None` while it was not learned.
    #[doc(hidden)]
    #[must_use]
    fn blank(_nth: usize) -> Option<usize> {
        None
    }

    /// Whether the value with this number can be shown: one that another thread learns just now may not be whole here.
    /// Once it is, it stays.
    #[must_use]
    fn is_known(_index: usize) -> bool {
        true
    }
}

/// How many values Prometheus takes for the one with this number, itself among them.
#[doc(hidden)]
#[must_use]
pub fn ways<L: Label>(index: usize) -> usize {
    if is_blank::<L>(index) { blanks::<L>().count() } else { 1 }
}

/// The value that a label has in the `nth` spelling of a combination, and what of `nth` is left for the labels behind it.
#[doc(hidden)]
#[must_use]
pub fn respelled<L: Label>(index: usize, nth: usize) -> Option<(usize, usize)> {
    if !is_blank::<L>(index) {
        return Some((index, nth));
    }
    let ways = blanks::<L>().count().max(1);
    blanks::<L>().nth(nth % ways).map(|index| (index, nth / ways))
}

/// Whether this is one of several values that Prometheus takes for no label at all.
fn is_blank<L: Label>(index: usize) -> bool {
    let is_empty = |value: Option<Value<'_>>| value.is_none_or(|value| value == Value::Text(""));
    // A text that is not whole yet reads as empty.
    L::BLANKS > 1 && L::is_known(index) && L::value(index, is_empty)
}

/// The values that Prometheus takes for no label, as far as they are known.
fn blanks<L: Label>() -> impl Iterator<Item = usize> {
    (0..L::BLANKS).filter_map(L::blank)
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

    const BLANKS: usize = L::BLANKS + 1;

    fn blank(nth: usize) -> Option<usize> {
        match nth.checked_sub(1) {
            None => Some(L::CARDINALITY),
            Some(nth) => L::blank(nth),
        }
    }
}
