//! What does an increment cost where the labels do not change and the series is kept?

use measured::CounterVec;
use picometer::family::Keyed;
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::{Counter, Family, LabelSet, keyed};
use picometer_benches::Question;
use picometer_benches::peers::{
    FastOwned, Measured, MeasuredSet, Owned, Sdk, attributes, metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{KEYS, Labels, labels, pairs};

#[derive(LabelSet, Clone, Copy)]
struct Lookup {
    hit: bool,
}

fn main() {
    static OURS: keyed!(Counter, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
    static LEASED: Family<Lookup, Counter, Striped<8, Leasable>> = Family::new();
    metrics_recorder();
    let keys: &'static [Labels] = labels(5).leak();
    let key = &keys[7];
    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    let prometheus = prometheus.with_label_values(&key.each_ref());
    let client =
        prometheus_client::metrics::family::Family::<Owned, prometheus_client::metrics::counter::Counter>::default();
    let client = client.get_or_create_owned(&Owned::new(key));
    let metrics = metrics::counter!("requests", metrics_labels(key));
    let sdk = Sdk::new();
    let sdk = sdk.meter().u64_counter("requests").build();
    let attributes = attributes(key);
    let bound = sdk.bind(&attributes);
    let measured = CounterVec::with_label_set(MeasuredSet::default());
    let id = measured.with_labels(Measured::new(key));
    let fast = fastmetrics::metrics::family::Family::<FastOwned, fastmetrics::metrics::counter::Counter>::default();
    let fast = fast.with_or_new(&FastOwned::new(key), Clone::clone);

    Question::new("cached_handle")
        .batch("picometer", |n| {
            // Each thread keeps the one of its stripe.
            let kept = OURS.with(&pairs(key));
            (0..n).for_each(|_| kept.inc());
        })
        .batch("picometer, leased", |n| {
            let lease = lease::take().expect("a lease for each thread");
            let kept = LEASED.own(&lease, Lookup { hit: true });
            (0..n).for_each(|_| kept.inc());
        })
        .contender("prometheus", |_| prometheus.inc())
        .contender("prometheus-client", |_| {
            client.inc();
        })
        .contender("metrics", |_| metrics.increment(1))
        .contender("opentelemetry sdk, bound", |_| bound.add(1))
        .contender("opentelemetry sdk, attributes kept", |_| sdk.add(1, &attributes))
        .contender("measured", |_| measured.get_metric(id).inc())
        .contender("fastmetrics", |_| {
            fast.inc();
        })
        .flat("picometer", 1.15)
        .answer();
}
