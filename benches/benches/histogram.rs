//! What does a histogram over fourteen bounds cost, with its sum?

use std::sync::atomic::{AtomicU64, Ordering};

use measured::metric::histogram::Thresholds;
use picometer::instrument::HttpSeconds;
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::{Family, Histogram};
use picometer_benches::Question;
use picometer_benches::peers::{Sdk, metrics_recorder};
use picometer_benches::workload::{ALL, BOUNDS, NoLabels, latencies};

fn main() {
    static BARE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
    static ONE: Histogram<HttpSeconds> = Histogram::new();
    static OURS: Family<NoLabels, Histogram<HttpSeconds>, Striped<4>> = Family::new();
    static LEASED: Family<NoLabels, Histogram<HttpSeconds>, Striped<8, Leasable>> = Family::new();
    let recorder = metrics_recorder();
    let options = prometheus::HistogramOpts::new("duration", "Durations.").buckets(BOUNDS.to_vec());
    let prometheus = prometheus::Histogram::with_opts(options).expect("valid options");
    let client = prometheus_client::metrics::histogram::Histogram::new(BOUNDS);
    let kept = metrics::histogram!("duration");
    let sdk = Sdk::new();
    let sdk = sdk.meter().f64_histogram("duration").with_boundaries(BOUNDS.to_vec()).build();
    let measured = measured::Histogram::with_metadata(Thresholds::with_buckets(BOUNDS));
    let fast = fastmetrics::metrics::histogram::Histogram::new(BOUNDS);
    let inputs = latencies();

    Question::new("histogram")
        .contender("picometer", |step| OURS.with(ALL).record(inputs.at(step).nanoseconds))
        .contender("picometer, one stripe", |step| ONE.record(inputs.at(step).nanoseconds))
        .batch("picometer, leased", |n| {
            let lease = lease::take().expect("a lease for each thread");
            let cell = LEASED.own(&lease, ALL);
            (0..n).for_each(|step| cell.record(inputs.at(step).nanoseconds));
        })
        .contender("two bare atomics", |step| {
            BARE[0].fetch_add(1, Ordering::Relaxed);
            BARE[1].fetch_add(inputs.at(step).nanoseconds, Ordering::Relaxed);
        })
        .contender("prometheus", |step| prometheus.observe(inputs.at(step).seconds))
        .contender("prometheus-client", |step| client.observe(inputs.at(step).seconds))
        .drained(
            "metrics, handle kept",
            |n| (0..n).for_each(|step| kept.record(inputs.at(step).seconds)),
            || recorder.run_upkeep(),
        )
        .contender("opentelemetry sdk", |step| sdk.record(inputs.at(step).seconds, &[]))
        .contender("measured", |step| measured.observe(inputs.at(step).seconds))
        .contender("fastmetrics", |step| fast.observe(inputs.at(step).seconds))
        .faster_than("prometheus-client", 1.2)
        .faster_than("prometheus", 1.4)
        .faster_than("opentelemetry sdk", 3.0)
        .beats("picometer, leased", "opentelemetry sdk", 3.0)
        .flat("picometer", 1.2)
        .answer();
}
