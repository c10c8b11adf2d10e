//! What a registry takes, and that it leaves nothing out.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use picometer::encode::otlp::Limits;
use picometer::instrument::HttpSeconds;
use picometer::visit::{Descriptor, Kind, Scope, Visitor};
use picometer::{Counter, Family, Gauge, Histogram, LabelSet, MetricSet};
use picometer_std::export::Batch;
use picometer_std::{Clock, Registry, Resource};
use prost::Message;

#[derive(MetricSet)]
#[metric_set(scope = "calls")]
struct Calls {
    /// How long.
    #[metric(name = "db.calls", unit = "s")]
    calls: Histogram<HttpSeconds>,
}

/// A set of one metric, and what a registry says of it beside [`Calls`].
macro_rules! refused {
    ($scope:literal, $metric:ty, $name:literal, $prometheus:literal) => {{
        #[derive(MetricSet)]
        #[metric_set(scope = $scope)]
        struct Other {
            /// Something.
            #[metric(name = $name, prometheus = $prometheus)]
            other: $metric,
        }
        static CALLS: Calls = Calls::new();
        static OTHER: Other = Other::new();
        let error = Registry::new().with(&CALLS).expect("one set").with(&OTHER).err();
        error.map(|error| error.to_string()).unwrap_or_default()
    }};
}

#[test]
fn names_that_samples_of_another_set_take_are_refused() {
    for (error, name) in [
        (refused!("shop", Counter, "a", "db_calls_seconds"), "`db_calls_seconds`"),
        (refused!("shop", Counter, "a", "db_calls_seconds_total"), "`db_calls_seconds`"),
        (refused!("shop", Counter, "a", "db_calls_seconds_count"), "`db_calls_seconds_count`"),
        (refused!("shop", Counter, "a", "db_calls_seconds_bucket"), "`db_calls_seconds_bucket`"),
        (refused!("shop", Counter, "a", "db_calls_seconds_sum_total"), "`db_calls_seconds_sum`"),
        (refused!("shop", Counter, "a", "db_calls_seconds_created"), "`db_calls_seconds_created`"),
    ] {
        let start =
            format!("metric `a` of `shop` and metric `db.calls` of `calls` both take the name {name} in Prometheus");
        assert!(error.starts_with(&start), "{error:?} is not {start:?}");
    }
    assert_eq!(refused!("shop", Gauge, "a", "db_calls"), "");
}

#[test]
fn one_name_twice_in_a_scope_is_refused_whatever_it_is_called_for_prometheus() {
    let error = refused!("calls", Gauge, "DB.calls", "other");
    assert!(
        error.starts_with("metric `DB.calls` and metric `db.calls` of `calls` have one name in OpenTelemetry"),
        "{error:?}"
    );
    assert_eq!(refused!("shop", Gauge, "db.calls", "other"), "", "another scope");
}

#[test]
fn a_set_that_is_registered_twice_is_refused() {
    static CALLS: Calls = Calls::new();
    let error = Registry::new().with(&CALLS).expect("once").with(&CALLS).expect_err("twice").to_string();
    assert!(error.contains("metric `db.calls`") && error.contains("is one set registered twice"), "{error}");
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 1)]
struct Which {
    which: bool,
}

/// Sets with one family each, in scopes of their own.
macro_rules! sets {
    ($($scope:literal $name:literal $prometheus:literal),+) => {
        vec![$({
            #[derive(MetricSet)]
            #[metric_set(scope = $scope)]
            struct Set {
                /// Something.
                #[metric(name = $name, prometheus = $prometheus)]
                family: Family<Which, Counter>,
            }
            fn add(registry: Registry) -> Registry {
                let set: &'static Set = Box::leak(Box::new(Set::new()));
                set.family.with(Which { which: true }).inc();
                registry.with(set).expect("names differ")
            }
            add as fn(Registry) -> Registry
        }),+]
    };
}

/// The values of a metric in an OTLP request.
fn points(request: &ExportMetricsServiceRequest, name: &str) -> usize {
    let metrics = request.resource_metrics.iter().flat_map(|r| &r.scope_metrics).flat_map(|s| &s.metrics);
    metrics
        .filter(|metric| metric.name == name)
        .map(|metric| match &metric.data {
            Some(Data::Sum(sum)) => sum.data_points.len(),
            other => panic!("{other:?}"),
        })
        .sum()
}

#[test]
fn families_of_one_name_in_two_scopes_have_a_series_of_usage_each() {
    let registry = sets!("first" "jobs" "first_jobs", "second" "jobs" "second_jobs")
        .into_iter()
        .fold(Registry::new(), |registry, add| add(registry));
    let mut text = Vec::new();
    registry.write_text(&Resource::new("test"), &mut text);
    let text = String::from_utf8(text).expect("UTF-8");
    for scope in ["first", "second"] {
        let series = format!("metric=\"jobs\",scope=\"{scope}\"}} 1\n");
        assert_eq!(text.matches(&series).count(), 2, "series and capacity of {scope} in {text}");
    }
}

/// 300 families: more than anybody writes down, so the set is made by hand.
struct Wide {
    families: [Family<Which, Counter>; FAMILIES],
}
const FAMILIES: usize = 300;
static DESCRIPTOR: Descriptor = Descriptor { name: "one", prometheus: "one", help: "One.", unit: "", unit_words: "" };

impl MetricSet for Wide {
    const SCOPE: Scope = Scope { name: "wide", version: "" };
    const SCRATCH: usize = 1 + FAMILIES * picometer::encode::otlp::scratch_for::<Family<Which, Counter>>();
    const DESCRIPTORS: &'static [Descriptor] = &[DESCRIPTOR];
    const KINDS: &'static [Kind] = &[Kind::Sum { monotonic: true }];

    fn visit<V: Visitor>(&self, visitor: &mut V) -> Result<(), V::Error> {
        visitor.scope(&Self::SCOPE)?;
        self.families.iter().try_for_each(|family| visitor.metric(&DESCRIPTOR, family))
    }
}

#[test]
fn usage_is_told_of_more_than_256_families() {
    static WIDE: Wide = Wide { families: [const { Family::new() }; FAMILIES] };
    let registry = Registry::new().with(&WIDE).expect("one set");
    let mut text = Vec::new();
    registry.write_text(&Resource::new("test"), &mut text);
    let text = String::from_utf8(text).expect("UTF-8");
    assert_eq!(text.matches("\npicometer_family_capacity{").count(), FAMILIES);
    let mut batch = Batch::new();
    registry.write_otlp(&Resource::new("test"), &mut Clock::start(), Limits::NONE, &mut batch);
    let request = batch.requests().next().expect("one request");
    let request = ExportMetricsServiceRequest::decode(request.bytes).expect("protobuf");
    assert_eq!(points(&request, "picometer.family.capacity"), FAMILIES);
}
