//! `#[derive(MetricSet)]`: descriptors, the constructor and the visit from a struct of metrics.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result, Type};

use crate::{doc, name};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a metric set has no generic parameters"));
    }
    let set = &input.ident;
    let scope = scope(input)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(set, "a metric set is a struct whose fields are instruments and families"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(set, "a metric set has named fields: each is an instrument or a family"));
    };
    let metrics: Vec<Described> = fields.named.iter().map(describe).collect::<Result<_>>()?;
    let types: Vec<&Type> = fields.named.iter().map(|field| &field.ty).collect();
    let descriptors = metrics.iter().zip(&types).map(|(Described { name, names, help, unit, unit_words }, metric)| {
        let prometheus = match names {
            Prometheus::Given(name) => quote!(#name),
            Prometheus::Derived { counter, other } if counter == other => quote!(#counter),
            Prometheus::Derived { counter, other } => quote! {
                match <#metric as ::picometer::visit::Metric>::KIND {
                    ::picometer::visit::Kind::Sum { monotonic: true } => #counter,
                    _ => #other,
                }
            },
        };
        quote! {
            ::picometer::visit::Descriptor {
                name: #name,
                prometheus: #prometheus,
                help: #help,
                unit: #unit,
                unit_words: #unit_words,
            }
        }
    });
    let count = metrics.len();
    let names: Vec<&Ident> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let positions = 0..count;
    // Which names a metric takes depends on what it is, which its type alone knows.
    let checks = fields.named.iter().enumerate().map(|(index, field)| {
        let others = (0..index).filter(|other| metrics[index].may_clash(&metrics[*other]));
        quote_spanned! { field.ident.span() =>
            const _: () = ::picometer::visit::Names::of::<#set>().check(#index, &[#(#others),*]);
        }
    });
    Ok(quote! {
        impl #set {
            /// The metrics before the first recording.
            #[must_use]
            pub const fn new() -> Self {
                Self { #(#names: <#types as ::picometer::visit::Metric>::INIT),* }
            }
        }

        impl ::core::default::Default for #set {
            fn default() -> Self {
                Self::new()
            }
        }

        const _: () = {
            static DESCRIPTORS: [::picometer::visit::Descriptor; #count] = [#(#descriptors),*];
            static SCOPE: ::picometer::visit::Scope = <#set as ::picometer::visit::MetricSet>::SCOPE;

            impl ::picometer::visit::MetricSet for #set {
                const SCOPE: ::picometer::visit::Scope = ::picometer::visit::Scope {
                    name: #scope,
                    version: ::core::env!("CARGO_PKG_VERSION"),
                };
                const SCRATCH: usize = ::picometer::encode::otlp::SCRATCH_PER_SET
                    #(+ ::picometer::encode::otlp::scratch_for::<#types>())*;
                const DESCRIPTORS: &'static [::picometer::visit::Descriptor] = &DESCRIPTORS;
                const KINDS: &'static [::picometer::visit::Kind] =
                    &[#(<#types as ::picometer::visit::Metric>::KIND),*];

                fn visit<V: ::picometer::visit::Visitor>(
                    &self,
                    visitor: &mut V,
                ) -> ::core::result::Result<(), V::Error> {
                    visitor.scope(&SCOPE)?;
                    #(visitor.metric(&DESCRIPTORS[#positions], &self.#names)?;)*
                    ::core::result::Result::Ok(())
                }
            }

            #(#checks)*
        };
    })
}

struct Described {
    name: String,
    names: Prometheus,
    help: String,
    unit: String,
    unit_words: String,
}

impl Described {
    /// Whether two metrics may have a name in common, whatever kinds they are. What they have in common is decided where
    /// their kinds are known.
    fn may_clash(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            || self.stems().into_iter().any(|stem| other.stems().contains(&stem))
    }

    /// The names that it may have for Prometheus, without all that the samples of metrics end in.
    fn stems(&self) -> [&str; 2] {
        let names = match &self.names {
            Prometheus::Given(name) => [name, name],
            Prometheus::Derived { counter, other } => [counter, other],
        };
        names.map(|name| name::stem(name))
    }
}

/// The name for Prometheus.
enum Prometheus {
    Given(String),
    Derived { counter: String, other: String },
}

fn describe(field: &Field) -> Result<Described> {
    let mut metric_name = None;
    let mut unit = None;
    let mut exposed = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("metric")) {
        attribute.parse_nested_meta(|meta| {
            let slot = if meta.path.is_ident("name") {
                &mut metric_name
            } else if meta.path.is_ident("unit") {
                &mut unit
            } else if meta.path.is_ident("prometheus") {
                &mut exposed
            } else {
                return Err(meta.error(
                    "a metric knows `name`, `unit` and `prometheus`: `#[metric(name = \"a.b\", unit = \"s\")]`",
                ));
            };
            *slot = Some(meta.value()?.parse::<LitStr>()?);
            Ok(())
        })?;
    }
    let Some(metric_name) = metric_name else {
        return Err(Error::new_spanned(
            &field.ident,
            "what is this metric called? Write `#[metric(name = \"a.b\", unit = \"s\")]`",
        ));
    };
    let help = doc::first_paragraph(&field.attrs);
    if help.is_empty() {
        let message = "what does this metric tell? Write a doc comment: it is the help text";
        return Err(Error::new_spanned(&field.ident, message));
    }
    let name = metric_name.value();
    name::check("metric name", &name).map_err(|message| Error::new_spanned(&metric_name, message))?;
    let unit_value = unit.as_ref().map(LitStr::value).unwrap_or_default();
    let words = name::UnitWords::of(&unit_value).map_err(|message| Error::new_spanned(unit.as_ref(), message))?;
    let names = match exposed {
        Some(exposed) => name::check_prometheus(&exposed.value())
            .map(|()| Prometheus::Given(exposed.value()))
            .map_err(|message| Error::new_spanned(&exposed, message))?,
        None => {
            Prometheus::Derived { counter: name::of_counter(&name, &words), other: name::prometheus(&name, &words) }
        }
    };
    Ok(Described { name, names, help, unit: unit_value, unit_words: words.to_string() })
}

fn scope(input: &DeriveInput) -> Result<String> {
    let mut scope = None;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("metric_set")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("scope") {
                return Err(meta.error("a metric set knows `scope`: `#[metric_set(scope = \"aiq.http\")]`"));
            }
            scope = Some(meta.value()?.parse::<LitStr>()?.value());
            Ok(())
        })?;
    }
    scope.filter(|scope| !scope.is_empty()).ok_or_else(|| {
        Error::new_spanned(
            &input.ident,
            "where do these metrics come from? Write `#[metric_set(scope = \"my.service\")]`: OpenTelemetry's instrumentation scope",
        )
    })
}
