//! Derive macros of `picometer`: `Label`, `LabelSet` and `MetricSet`. Use them through that crate, which documents them.

mod doc;
mod label;
mod label_set;
mod limit;
mod metric_set;
mod name;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// See `picometer::Label`.
#[proc_macro_derive(Label, attributes(label))]
pub fn derive_label(input: TokenStream) -> TokenStream {
    expand(label::expand, parse_macro_input!(input as DeriveInput))
}

/// See `picometer::LabelSet`.
#[proc_macro_derive(LabelSet, attributes(label, label_set))]
pub fn derive_label_set(input: TokenStream) -> TokenStream {
    expand(label_set::expand, parse_macro_input!(input as DeriveInput))
}

/// See `picometer::MetricSet`.
#[proc_macro_derive(MetricSet, attributes(metric, metric_set))]
pub fn derive_metric_set(input: TokenStream) -> TokenStream {
    expand(metric_set::expand, parse_macro_input!(input as DeriveInput))
}

fn expand(with: impl FnOnce(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>, input: DeriveInput) -> TokenStream {
    with(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
