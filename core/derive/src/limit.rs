//! Limits that a user states: any constant expression, checked when the program is compiled.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

/// The most entries of a table: `picometer`'s `slots::MAX_ENTRIES`.
pub(crate) const MAX_ENTRIES: usize = (1 << 24) - 2;

/// A number from 1 to `most`.
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) most: usize,
    /// What is said of a zero.
    pub(crate) zero: &'static str,
    /// What is said of more than `most`.
    pub(crate) above: &'static str,
}

impl Limit {
    /// The name of a constant that holds `value`, and its definition, which compiles only if the value is within the
    /// limit. Where the definition stands, `value` must not meet other names than where the user wrote it.
    pub(crate) fn constants(&self, value: &Expr) -> (Ident, TokenStream) {
        let given = Ident::new(&format!("__PICOMETER_GIVEN_{}", self.name), Span::call_site());
        let name = Ident::new(&format!("__PICOMETER_{}", self.name), Span::call_site());
        let Self { most, zero, above, .. } = self;
        let constants = quote_spanned! { value.span() =>
            const #given: ::core::primitive::usize = #value;
            const #name: ::core::primitive::usize = {
                ::core::assert!(#given > 0, #zero);
                ::core::assert!(#given <= #most, #above);
                #given
            };
        };
        (name, constants)
    }
}
