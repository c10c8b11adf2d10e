//! The peers, set up as their documentation advises, with the label types that each wants.

use std::hint::black_box;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use lasso::ThreadedRodeo;
use measured::LabelGroup;
use metrics::Label;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Aggregation, InstrumentKind, ManualReader, MeterProviderBuilder, Pipeline, SdkMeterProvider, Stream, Temporality,
};
use paracord::ParaCord;

use crate::workload::{BOUNDS, KEYS, Labels};

/// The three labels as prometheus-client wants run-time strings: owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, prometheus_client::encoding::EncodeLabelSet)]
pub struct Owned {
    method: String,
    route: String,
    status: String,
}

impl Owned {
    /// Copies of the values.
    #[inline]
    #[must_use]
    pub fn new([method, route, status]: &Labels) -> Self {
        Self { method: method.clone(), route: route.clone(), status: status.clone() }
    }
}

/// The three labels as fastmetrics wants run-time strings: owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
pub struct FastOwned {
    method: String,
    route: String,
    status: String,
}

impl FastOwned {
    /// Copies of the values.
    #[inline]
    #[must_use]
    pub fn new([method, route, status]: &Labels) -> Self {
        Self { method: method.clone(), route: route.clone(), status: status.clone() }
    }
}

/// The three labels as fastmetrics takes strings that live as long as the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
pub struct FastStatic {
    method: &'static str,
    route: &'static str,
    status: &'static str,
}

impl FastStatic {
    /// The values.
    #[inline]
    #[must_use]
    pub fn new([method, route, status]: &'static Labels) -> Self {
        Self { method, route, status }
    }
}

/// The three labels as measured wants run-time strings: interned by lasso.
#[derive(Debug, Clone, Copy, LabelGroup)]
#[label(set = MeasuredSet)]
pub struct Measured<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    route: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    status: &'a str,
}

impl<'a> Measured<'a> {
    /// The values.
    #[inline]
    #[must_use]
    pub fn new([method, route, status]: &'a Labels) -> Self {
        Self { method, route, status }
    }
}

/// The three labels as measured wants run-time strings: interned by paracord.
#[derive(Debug, Clone, Copy, LabelGroup)]
#[label(set = MeasuredCordSet)]
pub struct MeasuredCord<'a> {
    #[label(dynamic_with = ParaCord, default)]
    method: &'a str,
    #[label(dynamic_with = ParaCord, default)]
    route: &'a str,
    #[label(dynamic_with = ParaCord, default)]
    status: &'a str,
}

impl<'a> MeasuredCord<'a> {
    /// The values.
    #[inline]
    #[must_use]
    pub fn new([method, route, status]: &'a Labels) -> Self {
        Self { method, route, status }
    }
}

/// The three labels as the `metrics` macros want run-time strings: owned, in the list that they end up in.
#[inline]
#[must_use]
pub fn metrics_labels([method, route, status]: &Labels) -> Vec<Label> {
    vec![Label::new(KEYS[0], method.clone()), Label::new(KEYS[1], route.clone()), Label::new(KEYS[2], status.clone())]
}

/// The three labels as OpenTelemetry wants run-time strings: owned.
#[inline]
#[must_use]
pub fn attributes([method, route, status]: &Labels) -> [KeyValue; 3] {
    [
        KeyValue::new(KEYS[0], method.clone()),
        KeyValue::new(KEYS[1], route.clone()),
        KeyValue::new(KEYS[2], status.clone()),
    ]
}

/// The recorder behind the macros of `metrics`, installed at the first call.
pub fn metrics_recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().set_buckets(&BOUNDS).expect("valid bounds").build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).expect("there is no other");
        handle
    })
}

/// An OpenTelemetry SDK with a reader that collects when it is asked.
#[derive(Debug)]
pub struct Sdk {
    provider: SdkMeterProvider,
    reader: Reader,
}

/// The provider takes its reader by value, so this is a share of one.
#[derive(Debug, Clone)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

impl Sdk {
    /// With the limit of 2,000 series that the specification recommends.
    #[must_use]
    pub fn new() -> Self {
        Self::build(|builder| builder)
    }

    /// With another limit.
    #[must_use]
    pub fn with_series(limit: usize) -> Self {
        Self::build(|builder| {
            builder.with_view(move |_: &_| Stream::builder().with_cardinality_limit(limit).build().ok())
        })
    }

    /// With another aggregation.
    #[must_use]
    pub fn with_aggregation(aggregation: Aggregation) -> Self {
        Self::build(|builder| {
            builder.with_view(move |_: &_| Stream::builder().with_aggregation(aggregation.clone()).build().ok())
        })
    }

    fn build(with: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder) -> Self {
        let reader = Reader(Arc::new(ManualReader::builder().build()));
        let provider = with(SdkMeterProvider::builder().with_reader(reader.clone())).build();
        Self { provider, reader }
    }

    /// A meter.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.provider.meter("bench")
    }

    /// Collects into `metrics`.
    pub fn collect(&self, metrics: &mut ResourceMetrics) {
        self.reader.collect(black_box(metrics)).expect("a reader that is not shut down");
    }
}

impl Default for Sdk {
    fn default() -> Self {
        Self::new()
    }
}
