//! `#[derive(Label)]`: a closed label from an enum, a learned one from a struct.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{
    Attribute, Data, DataEnum, DataStruct, DeriveInput, Error, Expr, Fields, LitStr, Result, Variant, parse_quote,
};

use crate::limit::{Limit, MAX_ENTRIES};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a label has no generic parameters"));
    }
    match &input.data {
        Data::Enum(data) => closed(input, data),
        Data::Struct(data) => learned(input, data),
        Data::Union(_) => Err(Error::new_spanned(
            &input.ident,
            "a label is an enum without fields, or a struct that holds one `picometer::Learned`",
        )),
    }
}

fn closed(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let name = &input.ident;
    if let Some(attribute) = input.attrs.iter().find(|attribute| attribute.path().is_ident("label")) {
        return Err(Error::new_spanned(
            attribute,
            "an enum's values are its variants, and its capacity their number: \
             write `#[label(\"GET\")]` on a variant to spell its value",
        ));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(name, "a label needs at least one variant: each is a value of the label"));
    }
    let mut values: Vec<String> = Vec::new();
    for variant in &data.variants {
        let value = variant_value(variant)?;
        if values.contains(&value) {
            let message = format!("another variant has the value {value:?} already: spell one differently");
            return Err(Error::new_spanned(&variant.ident, message));
        }
        values.push(value);
    }
    let count = values.len();
    let blank = values.iter().position(String::is_empty).map(|at| {
        quote! {
            const BLANKS: usize = 1;

            fn blank(_nth: usize) -> ::core::option::Option<usize> {
                ::core::option::Option::Some(#at)
            }
        }
    });
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let indices = 0..count;
    Ok(quote! {
        impl #name {
            const VALUES: [&'static str; #count] = [#(#values),*];

            /// The variant that has this value, if there is one.
            #[allow(dead_code)] // not every program asks
            #[must_use]
            pub fn from_value(value: &str) -> ::core::option::Option<Self> {
                match value {
                    #(#values => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl ::picometer::label::Label for #name {
            const CARDINALITY: usize = #count;

            #[inline]
            fn index(self) -> usize {
                match self {
                    #(Self::#variants => #indices,)*
                }
            }

            fn value<R>(index: usize, with: impl ::core::ops::FnOnce(::core::option::Option<::picometer::visit::Value<'_>>) -> R) -> R {
                let text = Self::VALUES.get(index).copied().unwrap_or(::picometer::label::OTHER);
                with(::core::option::Option::Some(::picometer::visit::Value::Text(text)))
            }

            #blank
        }
    })
}

fn variant_value(variant: &Variant) -> Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(
            &variant.fields,
            "a variant of a label has no fields: each variant is one value; \
             a value that comes from outside is a `NumberLabel` or is learned, `struct Route(picometer::Learned);`",
        ));
    }
    match variant.attrs.iter().find(|attribute| attribute.path().is_ident("label")) {
        Some(attribute) => match attribute.parse_args::<LitStr>() {
            Ok(value) => Ok(value.value()),
            Err(_) => Err(Error::new_spanned(attribute, "a variant knows its value alone: `#[label(\"GET\")]`")),
        },
        None => Ok(snake_case(&variant.ident.to_string())),
    }
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn learned(input: &DeriveInput, data: &DataStruct) -> Result<TokenStream> {
    let name = &input.ident;
    let is_one_field = matches!(&data.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
    if !is_one_field {
        return Err(Error::new_spanned(
            name,
            "a learned label is a struct with one field: `struct Route(picometer::Learned);`",
        ));
    }
    let Limits { capacity, max_len } = limits(name, &input.attrs)?;
    let [(capacity, capacity_constants), (max_len, max_len_constants)] =
        [CAPACITY.constants(&capacity), MAX_LEN.constants(&max_len)];
    Ok(quote! {
        const _: () = {
            #capacity_constants
            #max_len_constants

            const _: () = {
                static TABLE: ::picometer::label::LearnedTable<
                    { #capacity },
                    { ::picometer::label::words(#max_len) },
                    { ::picometer::slots(#capacity) },
                > = ::picometer::label::LearnedTable::new();

                #[allow(dead_code)] // not every program asks
                impl #name {
                    /// Any value that did not fit.
                    pub const OTHER: Self = Self(::picometer::Learned::at(#capacity));

                    /// The value with this name, learned if it is new; `OTHER` when the table is full or the name too long.
                    #[inline]
                    #[must_use]
                    pub fn learn(name: &str) -> Self {
                        if name.len() > #max_len { Self::OTHER } else { Self(TABLE.learn(name)) }
                    }

                    /// How many values were learned.
                    #[must_use]
                    pub fn learned() -> usize {
                        TABLE.learned()
                    }
                }

                impl ::picometer::label::Label for #name {
                    const CARDINALITY: usize = #capacity + 1;

                    #[inline]
                    fn index(self) -> usize {
                        self.0.index()
                    }

                    fn value<R>(index: usize, with: impl ::core::ops::FnOnce(::core::option::Option<::picometer::visit::Value<'_>>) -> R) -> R {
                        TABLE.value(index, |value| with(::core::option::Option::Some(value)))
                    }

                    fn is_known(index: usize) -> bool {
                        TABLE.is_known(index)
                    }

                    const BLANKS: usize = 1;

                    fn blank(_nth: usize) -> ::core::option::Option<usize> {
                        TABLE.find("")
                    }
                }
                };
        };
    })
}

struct Limits {
    capacity: Expr,
    max_len: Expr,
}

const CAPACITY: Limit = Limit {
    name: "CAPACITY",
    most: MAX_ENTRIES,
    zero: "`capacity` must be at least 1: how many values may be learned?",
    above: "`capacity` is at most 16777214: more does not fit a hash slot",
};

/// A learned value is copied to the stack when it is exported.
const MAX_LEN: Limit = Limit {
    name: "MAX_LEN",
    most: 255,
    zero: "`max_len` must be at least 1: how many bytes may a value have?",
    above: "`max_len` is at most 255: a learned value is copied to the stack",
};

fn limits(name: &Ident, attributes: &[Attribute]) -> Result<Limits> {
    let mut capacity = None;
    let mut max_len = parse_quote!(47);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("label")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("capacity") {
                capacity = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("max_len") {
                max_len = meta.value()?.parse()?;
            } else {
                return Err(meta
                    .error("a learned label knows `capacity` and `max_len`: `#[label(capacity = 64, max_len = 47)]`"));
            }
            Ok(())
        })?;
    }
    let capacity = capacity.ok_or_else(|| {
        Error::new_spanned(
            name,
            "how many values may be learned? Write `#[label(capacity = 64)]`; what comes after them is `_OTHER`",
        )
    })?;
    Ok(Limits { capacity, max_len })
}
