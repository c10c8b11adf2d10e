//! A label whose values are whole numbers with a bound.

use crate::label::Label;
use crate::visit::Value;

/// A whole number from `MIN` to `MAX`, both included; any other is shown as -1. That is a number too, since the values of
/// one key have one type, and no number that is given here is negative. For a number that can be missing, there is
/// `Option<NumberLabel>`.
///
/// ```
/// use picometer::label::{Label, NumberLabel};
///
/// type Questions = NumberLabel<1, 100>;
///
/// assert_eq!(Questions::CARDINALITY, 101);
/// assert_eq!(Questions::new(1).index(), 0);
/// assert_eq!(Questions::new(4_000_000_000), Questions::OTHER);
/// ```
///
/// ```compile_fail
/// let _ = picometer::label::NumberLabel::<5, 1>::new(3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberLabel<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> NumberLabel<MIN, MAX> {
    const SPAN: u32 = MAX.checked_sub(MIN).expect("NumberLabel<MIN, MAX> needs MIN to be at most MAX") + 1;

    /// Any number out of bounds, shown as -1.
    pub const OTHER: Self = Self(Self::SPAN);

    /// The value for `number`.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        if number < MIN || number > MAX { Self::OTHER } else { Self(number - MIN) }
    }
}

impl<const MIN: u32, const MAX: u32> Label for NumberLabel<MIN, MAX> {
    const CARDINALITY: usize = Self::SPAN as usize + 1;

    #[inline]
    fn index(self) -> usize {
        self.0 as usize
    }

    fn value<R>(index: usize, with: impl FnOnce(Option<Value<'_>>) -> R) -> R {
        let number = if index < Self::SPAN as usize { index as i64 + i64::from(MIN) } else { -1 };
        with(Some(Value::Int(number)))
    }
}
