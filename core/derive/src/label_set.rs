//! `#[derive(LabelSet)]`: the labels of a family from a struct of labels.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Ident, LitStr, Result, Type};

use crate::limit::{Limit, MAX_ENTRIES};
use crate::name;

/// The most cells of a dense table that does not state `max_series`.
const DENSE_BUDGET: usize = 4096;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a label set has no generic parameters"));
    }
    let set = &input.ident;
    let fields = named_fields(input)?;
    let mut keys: Vec<(String, String)> = Vec::new();
    for field in fields {
        let key = key(field)?;
        if let Some((other, _)) = keys.iter().find(|(_, prometheus)| *prometheus == key.1) {
            let message =
                format!("label {:?} and label {other:?} are both {:?} for Prometheus: rename one", key.0, key.1);
            return Err(Error::new_spanned(&field.ident, message));
        }
        keys.push(key);
    }
    let keys = keys.iter().map(|(name, prometheus)| {
        quote! { ::picometer::visit::Key { name: #name, prometheus: #prometheus } }
    });
    let names: Vec<&Ident> = fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
    let positions = 0..names.len();
    let max_series = max_series(input)?;
    let (series, constants) = max_series.as_ref().map(|series| MAX_SERIES.constants(series)).unzip();
    let store = match &series {
        Some(series) => quote! { ::picometer::family::Sparse<M, S, { #series }, { ::picometer::slots(#series) }> },
        None => quote! { ::picometer::family::Dense<M, S, { CARDINALITY }> },
    };
    let budget = max_series.is_none().then(|| {
        let message = format!(
            "the labels of `{set}` have more than {DENSE_BUDGET} combinations: \
             state how many may be in use, `#[label_set(max_series = 512)]`"
        );
        quote! { assert!(CARDINALITY <= #DENSE_BUDGET, #message); }
    });
    Ok(quote! {
        const _: () = {
            #constants

            const _: () = {
                const CARDINALITY: usize = {
                    let product: usize = 1;
                    #(let product = product.saturating_mul(<#types as ::picometer::label::Label>::CARDINALITY);)*
                    product
                };
                const _: () = { #budget };

                impl ::picometer::label::LabelSet for #set {
                    const KEYS: &'static [::picometer::visit::Key<'static>] = &[#(#keys),*];
                    const CARDINALITY: usize = CARDINALITY;
                    type Store<
                        M: ::picometer::instrument::Instrument,
                        S: ::picometer::stripe::Striping<M>,
                    > = #store;

                    #[inline]
                    fn index(self) -> usize {
                        let index = 0_usize;
                        let rest = CARDINALITY;
                        // A sum of products, none of which waits for another.
                        #(
                            let cardinality = <#types as ::picometer::label::Label>::CARDINALITY;
                            let rest = rest / cardinality;
                            let value = ::picometer::label::Label::index(self.#names);
                            let value = if value < cardinality { value } else { cardinality - 1 };
                            let index = index + value * rest;
                        )*
                        let _ = rest;
                        index
                    }

                    fn labels<V: ::picometer::visit::LabelVisitor>(
                        index: usize,
                        visitor: &mut V,
                    ) -> ::core::result::Result<(), V::Error> {
                        let rest = CARDINALITY;
                        #(
                            let cardinality = <#types as ::picometer::label::Label>::CARDINALITY;
                            let rest = rest / cardinality;
                            <#types as ::picometer::label::Label>::value(index / rest % cardinality, |value| match value {
                                ::core::option::Option::Some(value) => {
                                    visitor.label(<Self as ::picometer::label::LabelSet>::KEYS[#positions], value)
                                }
                                ::core::option::Option::None => ::core::result::Result::Ok(()),
                            })?;
                        )*
                        let _ = rest;
                        ::core::result::Result::Ok(())
                    }

                    const COINCIDES: bool = false #(|| <#types as ::picometer::label::Label>::BLANKS > 1)*;

                    fn spellings(index: usize) -> usize {
                        let (rest, product) = (CARDINALITY, 1_usize);
                        #(
                            let cardinality = <#types as ::picometer::label::Label>::CARDINALITY;
                            let rest = rest / cardinality;
                            let product = product * ::picometer::label::ways::<#types>(index / rest % cardinality);
                        )*
                        let _ = rest;
                        product
                    }

                    fn spelling(index: usize, nth: usize) -> ::core::option::Option<usize> {
                        let (rest, spelled) = (CARDINALITY, 0);
                        #(
                            let cardinality = <#types as ::picometer::label::Label>::CARDINALITY;
                            let rest = rest / cardinality;
                            let (value, nth) = ::picometer::label::respelled::<#types>(index / rest % cardinality, nth)?;
                            let spelled = spelled + value * rest;
                        )*
                        let _ = (rest, nth);
                        ::core::option::Option::Some(spelled)
                    }

                    fn are_known(index: usize) -> bool {
                        let rest = CARDINALITY;
                        #(
                            let cardinality = <#types as ::picometer::label::Label>::CARDINALITY;
                            let rest = rest / cardinality;
                            if !<#types as ::picometer::label::Label>::is_known(index / rest % cardinality) {
                                return false;
                            }
                        )*
                        let _ = rest;
                        true
                    }
                }
            };
        };
    })
}

fn named_fields(input: &DeriveInput) -> Result<&syn::punctuated::Punctuated<Field, syn::Token![,]>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => Ok(&fields.named),
            _ => Err(Error::new_spanned(
                &input.ident,
                "a label set has named fields: each is a label, and its name is the key",
            )),
        },
        _ => Err(Error::new_spanned(&input.ident, "a label set is a struct whose fields are labels")),
    }
}

/// Names that the exposition formats keep for themselves.
const RESERVED: &[&str] =
    &["le", "quantile", "job", "instance", "otel_scope_name", "otel_scope_version", "otel_metric_overflow"];

/// A label's key as declared, and for Prometheus.
fn key(field: &Field) -> Result<(String, String)> {
    let mut key =
        field.ident.as_ref().map(|ident| ident.to_string().trim_start_matches("r#").to_owned()).unwrap_or_default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("label")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("a label of a set knows `name`: `#[label(name = \"http.route\")]`"));
            }
            key = meta.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
    }
    name::check("label", &key).map_err(|message| Error::new_spanned(&field.ident, message))?;
    let prometheus = name::underscored(&key);
    if RESERVED.contains(&prometheus.as_str()) {
        let message = format!("label {key:?}: Prometheus keeps {prometheus:?} for itself; choose another name");
        return Err(Error::new_spanned(&field.ident, message));
    }
    Ok((key, prometheus))
}

const MAX_SERIES: Limit = Limit {
    name: "MAX_SERIES",
    most: MAX_ENTRIES,
    zero: "`max_series` must be at least 1: how many combinations may be in use?",
    above: "`max_series` is at most 16777214: more does not fit a hash slot",
};

fn max_series(input: &DeriveInput) -> Result<Option<Expr>> {
    let mut series = None;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("label_set")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("max_series") {
                return Err(meta.error("a label set knows `max_series`: `#[label_set(max_series = 512)]`"));
            }
            series = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    Ok(series)
}
