//! What does one increment cost, beside the bare atomic?

use std::sync::atomic::{AtomicU64, Ordering};

use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::{Counter, Family};
use picometer_benches::Question;
use picometer_benches::peers::{Sdk, metrics_recorder};
use picometer_benches::workload::{ALL, NoLabels};

fn main() {
    static BARE: AtomicU64 = AtomicU64::new(0);
    static OURS: Counter = Counter::new();
    static STRIPED: Family<NoLabels, Counter, Striped<4>> = Family::new();
    static LEASED: Family<NoLabels, Counter, Striped<8, Leasable>> = Family::new();
    static METRIKEN: metriken::Counter = metriken::Counter::new();
    metrics_recorder();
    let prometheus = prometheus::IntCounter::new("requests", "Requests.").expect("a valid name");
    let client: prometheus_client::metrics::counter::Counter = Default::default();
    let sdk = Sdk::new();
    let sdk = sdk.meter().u64_counter("requests").build();
    let measured = measured::Counter::new();
    let fast: fastmetrics::metrics::counter::Counter = Default::default();

    Question::new("plain_counter")
        .contender("picometer", |_| OURS.inc())
        .contender("bare atomic", |_| {
            BARE.fetch_add(1, Ordering::Relaxed);
        })
        .contender("picometer, striped", |_| STRIPED.with(ALL).inc())
        .batch("picometer, leased", |n| {
            let lease = lease::take().expect("a lease for each thread");
            let cell = LEASED.own(&lease, ALL);
            (0..n).for_each(|_| cell.inc());
        })
        .contender("prometheus", |_| prometheus.inc())
        .contender("prometheus-client", |_| {
            client.inc();
        })
        .contender("metrics", |_| metrics::counter!("requests").increment(1))
        .contender("opentelemetry sdk", |_| sdk.add(1, &[]))
        .contender("measured", |_| measured.inc())
        .contender("metriken", |_| {
            METRIKEN.increment();
        })
        .contender("fastmetrics", |_| {
            fast.inc();
        })
        .at_most("picometer", 1.1, "bare atomic")
        .at_most("picometer, leased", 0.3, "bare atomic")
        .flat("picometer, striped", 1.15)
        .answer();
}
