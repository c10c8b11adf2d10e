//! `#[derive(MetricSet)]`: descriptors, the constructor and the visit from a struct of metrics.

use proc_macro2::TokenStream;
use quote::quote;
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
    let mut metrics: Vec<Described> = Vec::new();
    for field in &fields.named {
        let metric = describe(field)?;
        if let Some(other) = metrics.iter().find(|other| other.exposed() == metric.exposed()) {
            let message = format!(
                "metric {:?} and metric {:?} are both {:?} for Prometheus: rename one",
                metric.name,
                other.name,
                metric.exposed()
            );
            return Err(Error::new_spanned(field, message));
        }
        metrics.push(metric);
    }
    let descriptors = metrics.iter().map(|Described { name, prometheus, help, unit }| {
        quote! {
            ::picometer::visit::Descriptor { name: #name, prometheus: #prometheus, help: #help, unit: #unit }
        }
    });
    let count = metrics.len();
    let names: Vec<&Ident> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types: Vec<&Type> = fields.named.iter().map(|field| &field.ty).collect();
    let positions = 0..count;
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

                fn visit<V: ::picometer::visit::Visitor>(
                    &self,
                    visitor: &mut V,
                ) -> ::core::result::Result<(), V::Error> {
                    visitor.scope(&SCOPE)?;
                    #(visitor.metric(&DESCRIPTORS[#positions], &self.#names)?;)*
                    ::core::result::Result::Ok(())
                }
            }
        };
    })
}

struct Described {
    name: String,
    prometheus: String,
    help: String,
    unit: String,
}

impl Described {
    /// The name that samples are exposed under, whatever the kind: `x` and `x_total` are one counter.
    fn exposed(&self) -> &str {
        self.prometheus.strip_suffix("_total").unwrap_or(&self.prometheus)
    }
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
            field,
            "what is this metric called? Write `#[metric(name = \"a.b\", unit = \"s\")]`",
        ));
    };
    let help = doc::first_paragraph(&field.attrs);
    if help.is_empty() {
        return Err(Error::new_spanned(field, "what does this metric tell? Write a doc comment: it is the help text"));
    }
    let name = metric_name.value();
    name::check("metric name", &name).map_err(|message| Error::new_spanned(&metric_name, message))?;
    let unit_value = unit.as_ref().map(LitStr::value).unwrap_or_default();
    let prometheus =
        name::prometheus(&name, &unit_value).map_err(|message| Error::new_spanned(unit.as_ref(), message))?;
    let prometheus = match exposed {
        Some(exposed) => name::check_prometheus(&exposed.value())
            .map(|()| exposed.value())
            .map_err(|message| Error::new_spanned(&exposed, message))?,
        None => prometheus,
    };
    Ok(Described { name, prometheus, help, unit: unit_value })
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
