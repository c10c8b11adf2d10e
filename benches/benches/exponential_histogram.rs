//! What does a histogram without chosen bounds cost, with its sum?

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use metriken::AtomicCounterHistogram;
use opentelemetry_sdk::metrics::Aggregation;
use picometer::instrument::Nanoseconds;
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::{ExponentialHistogram, Family};
use picometer_benches::Question;
use picometer_benches::peers::Sdk;
use picometer_benches::workload::{ALL, NoLabels, latencies};
use prometheus_client::metrics::histogram::{Histogram as ClientHistogram, NativeHistogramConfig};

fn main() {
    static BARE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
    static ONE: ExponentialHistogram<Nanoseconds> = ExponentialHistogram::new();
    static OURS: Family<NoLabels, ExponentialHistogram<Nanoseconds>, Striped<4>> = Family::new();
    static LEASED: Family<NoLabels, ExponentialHistogram<Nanoseconds>, Striped<8, Leasable>> = Family::new();
    // 2^5 buckets an octave, as ours has where it is finest.
    static METRIKEN: AtomicCounterHistogram = AtomicCounterHistogram::new(5, 64);
    let client = ClientHistogram::new_native(NativeHistogramConfig::with_schema(3).max_buckets(160));
    let exponential = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
    let sdk = Sdk::with_aggregation(exponential);
    let sdk = sdk.meter().f64_histogram("duration").build();
    let hdr = Mutex::new(hdrhistogram::Histogram::<u64>::new(2).expect("two digits"));
    let inputs = latencies();

    Question::new("exponential_histogram")
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
        .contender("prometheus-client, native", |step| client.observe(inputs.at(step).seconds))
        .contender("opentelemetry sdk", |step| sdk.record(inputs.at(step).seconds, &[]))
        .contender("metriken, no sum", |step| {
            METRIKEN.increment(inputs.at(step).nanoseconds).expect("in range");
        })
        .contender("hdrhistogram in a mutex, no sum", |step| {
            hdr.lock().expect("nobody panics").record(inputs.at(step).nanoseconds).expect("in range");
        })
        .faster_than("opentelemetry sdk", 4.0)
        .faster_than("prometheus-client, native", 4.0)
        .beats("picometer, leased", "opentelemetry sdk", 4.0)
        .beats("picometer, leased", "prometheus-client, native", 4.0)
        .flat("picometer", 1.2)
        .answer();
}
