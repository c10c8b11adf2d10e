//! Pushing metrics, against real receivers in this process.

mod exporter;
mod log;
mod probe;
mod reader;
mod receiver;
mod split;

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
};
use picometer_std::export::otlp::OtlpConfig;
use prost::Message;

/// No test waits longer than this for something that does happen.
const HANG: Duration = Duration::from_secs(30);

/// An encoded request with one metric of this name.
fn request(name: &str) -> Vec<u8> {
    let metric = Metric { name: name.into(), ..Metric::default() };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let resource = ResourceMetrics { scope_metrics: vec![scope], ..ResourceMetrics::default() };
    let request = ExportMetricsServiceRequest { resource_metrics: vec![resource] };
    request.encode_to_vec()
}

/// Short pauses, ample time.
fn config(url: &str) -> OtlpConfig {
    OtlpConfig {
        endpoint: url.into(),
        timeout: HANG,
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(10),
        ..OtlpConfig::default()
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < HANG, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
