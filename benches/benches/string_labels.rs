//! What does a counter with three labels of run-time strings cost, found anew at each increment?

use fastmetrics::metrics::{counter::Counter as FastCounter, family::Family as FastFamily};
use measured::CounterVec;
use picometer::family::Keyed;
use picometer::stripe::Striped;
use picometer::{Counter, keyed};
use picometer_benches::Question;
use picometer_benches::peers::{
    FastOwned, FastStatic, Measured, MeasuredCord, MeasuredCordSet, MeasuredSet, Owned, Sdk, attributes,
    metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{Inputs, KEYS, Labels, labels, pairs};
use picometer_std::thread::ByThread;
use prometheus_client::metrics::{counter::Counter as ClientCounter, family::Family as ClientFamily};

fn main() {
    static ONE: keyed!(Counter, series = 100, words = 12) = Keyed::new();
    static OURS: keyed!(Counter, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
    static BY_THREAD: keyed!(Counter, series = 100, words = 12, stripes = Striped<4, ByThread>) = Keyed::new();
    metrics_recorder();
    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    let client: ClientFamily<Owned, ClientCounter> = ClientFamily::default();
    let sdk = Sdk::new();
    let sdk = sdk.meter().u64_counter("requests").build();
    let measured = CounterVec::with_label_set(MeasuredSet::default());
    let cord = CounterVec::with_label_set(MeasuredCordSet::default());
    let fast_static: FastFamily<FastStatic, FastCounter> = FastFamily::default();
    let fast_owned: FastFamily<FastOwned, FastCounter> = FastFamily::default();

    let keys: &'static [Labels] = labels(5).leak();
    let inputs: Inputs<&'static Labels> = Inputs::drawn(&keys.iter().collect::<Vec<_>>());

    Question::new("string_labels")
        .contender("picometer", |step| OURS.with(&pairs(inputs.at(step))).inc())
        .contender("picometer, one stripe", |step| ONE.with(&pairs(inputs.at(step))).inc())
        .contender("picometer, stripe by thread", |step| BY_THREAD.with(&pairs(inputs.at(step))).inc())
        .contender("labels alone", |step| {
            inputs.at(step);
        })
        .contender("prometheus (inexact)", |step| prometheus.with_label_values(&inputs.at(step).each_ref()).inc())
        .contender("prometheus-client", |step| {
            client.get_or_create(&Owned::new(inputs.at(step))).inc();
        })
        .contender("metrics", |step| {
            metrics::counter!("requests", &metrics_labels(inputs.at(step))).increment(1);
        })
        .contender("opentelemetry sdk", |step| sdk.add(1, &attributes(inputs.at(step))))
        .contender("measured", |step| measured.inc(Measured::new(inputs.at(step))))
        .contender("measured, paracord", |step| cord.inc(MeasuredCord::new(inputs.at(step))))
        .contender("fastmetrics, &'static str", |step| {
            fast_static.with_or_new(&FastStatic::new(inputs.at(step)), |counter| counter.inc());
        })
        .contender("fastmetrics, String", |step| {
            fast_owned.with_or_new(&FastOwned::new(inputs.at(step)), |counter| counter.inc());
        })
        .faster_than("prometheus (inexact)", 1.7)
        .faster_than("fastmetrics, &'static str", 1.3)
        .faster_than("measured", 4.5)
        .faster_than("prometheus-client", 4.5)
        .faster_than("opentelemetry sdk", 8.0)
        .faster_than("metrics", 10.0)
        .flat("picometer", 1.15)
        .answer();
}
