//! Lists of labels that are known at run time: arrays, and slices where not even their number is known before.

/// What [`Keyed::with`](crate::family::Keyed::with) takes: an array of up to eight labels, or a slice of any length.
///
/// An array's labels are written out one by one where `with` is called, so that keys which the compiler knows cost
/// nothing there. A slice takes a loop.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of labels",
    note = "an array holds at most eight labels `(&str, &str)`; for more, or for a `Vec`, pass a slice: `&labels[..]`"
)]
pub trait LabelList: sealed::Sealed {
    #[doc(hidden)]
    fn as_slice(&self) -> &[(&str, &str)];

    /// Whether each key comes after the one before. Known where the keys are known.
    #[doc(hidden)]
    #[inline(always)]
    fn is_sorted(&self) -> bool {
        self.as_slice().is_sorted_by(|(a, _), (b, _)| is_before(a, b))
    }

    /// Hands the list to `with`, as a copy that is made here: an array whose address nobody has stays in registers
    /// wherever this is not called.
    #[doc(hidden)]
    fn copied<R>(&self, with: impl FnOnce(&[(&str, &str)]) -> R) -> R;

    /// Takes the labels one after the other, until `add` gives nothing back.
    #[doc(hidden)]
    fn try_fold<T>(&self, start: T, add: impl Fn(T, (&str, &str)) -> Option<T>) -> Option<T>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for [(&str, &str)] {}

impl LabelList for [(&str, &str)] {
    #[inline]
    fn as_slice(&self) -> &[(&str, &str)] {
        self
    }

    #[inline(never)]
    fn is_sorted(&self) -> bool {
        self.is_sorted_by(|(a, _), (b, _)| is_before(a, b))
    }

    #[inline]
    fn copied<R>(&self, with: impl FnOnce(&[(&str, &str)]) -> R) -> R {
        with(self)
    }

    #[inline(never)] // once for each family, and not wherever it is recorded in
    fn try_fold<T>(&self, start: T, add: impl Fn(T, (&str, &str)) -> Option<T>) -> Option<T> {
        self.iter().try_fold(start, |so_far, label| add(so_far, *label))
    }
}

/// `a < b`, decided by the first byte where it can be.
#[inline(always)]
pub(in crate::family) fn is_before(a: &str, b: &str) -> bool {
    match (a.as_bytes().first(), b.as_bytes().first()) {
        (Some(first), Some(second)) if first != second => first < second,
        _ => a < b,
    }
}

macro_rules! arrays {
    ($($len:literal: $($label:ident)*;)+) => {$(
        impl sealed::Sealed for [(&str, &str); $len] {}

        impl LabelList for [(&str, &str); $len] {
            #[inline]
            fn as_slice(&self) -> &[(&str, &str)] {
                self
            }

            #[inline(always)]
            fn copied<R>(&self, with: impl FnOnce(&[(&str, &str)]) -> R) -> R {
                let copy = *self;
                with(&copy)
            }

            #[inline(always)]
            fn try_fold<T>(&self, start: T, _add: impl Fn(T, (&str, &str)) -> Option<T>) -> Option<T> {
                let [$($label),*] = *self;
                $(let start = _add(start, $label)?;)*
                Some(start)
            }
        }
    )+};
}

arrays! {
    0: ;
    1: a;
    2: a b;
    3: a b c;
    4: a b c d;
    5: a b c d e;
    6: a b c d e f;
    7: a b c d e f g;
    8: a b c d e f g h;
}
