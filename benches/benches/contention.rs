//! What does each further thread cost? All threads record into the same few series, as those of one service do.

use fastmetrics::metrics::{counter::Counter as FastCounter, family::Family as FastFamily};
use measured::CounterVec;
use picometer::family::Keyed;
use picometer::stripe::Striped;
use picometer::{Counter, keyed};
use picometer_benches::Question;
use picometer_benches::peers::{
    FastStatic, Measured, MeasuredSet, Owned, Sdk, attributes, metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{Inputs, KEYS, Labels, labels, pairs};
use picometer_std::thread::ByThread;
use prometheus_client::metrics::{counter::Counter as ClientCounter, family::Family as ClientFamily};

fn main() {
    static ONE: keyed!(Counter, series = 100, words = 12) = Keyed::new();
    static OURS: keyed!(Counter, series = 100, words = 12, stripes = Striped<8>) = Keyed::new();
    static BY_THREAD: keyed!(Counter, series = 100, words = 12, stripes = Striped<8, ByThread>) = Keyed::new();
    thread_local! {
        static MINE: keyed!(Counter, series = 100, words = 12) = const { Keyed::new() };
    }
    metrics_recorder();
    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    let client: ClientFamily<Owned, ClientCounter> = ClientFamily::default();
    let sdk = Sdk::new();
    let sdk = sdk.meter().u64_counter("requests").build();
    let measured = CounterVec::with_label_set(MeasuredSet::default());
    let fast: FastFamily<FastStatic, FastCounter> = FastFamily::default();
    let keys: &'static [Labels] = labels(1).leak();
    let inputs: Inputs<&'static Labels> = Inputs::drawn(&keys.iter().collect::<Vec<_>>());

    Question::new("threads")
        .on_threads(&[1, 2, 4, 8])
        .contender("picometer", |step| OURS.with(&pairs(inputs.at(step))).inc())
        .contender("picometer, stripe by thread", |step| BY_THREAD.with(&pairs(inputs.at(step))).inc())
        .contender("picometer, one stripe", |step| ONE.with(&pairs(inputs.at(step))).inc())
        .contender("prometheus", |step| prometheus.with_label_values(&inputs.at(step).each_ref()).inc())
        .contender("prometheus-client", |step| {
            client.get_or_create(&Owned::new(inputs.at(step))).inc();
        })
        .contender("metrics", |step| {
            metrics::counter!("requests", metrics_labels(inputs.at(step))).increment(1);
        })
        .contender("opentelemetry sdk", |step| sdk.add(1, &attributes(inputs.at(step))))
        .contender("measured", |step| measured.inc(Measured::new(inputs.at(step))))
        .contender("fastmetrics", |step| {
            fast.with_or_new(&FastStatic::new(inputs.at(step)), |counter| counter.inc());
        })
        .flat_beside("picometer", 1.2, |n| {
            MINE.with(|mine| (0..n).for_each(|step| mine.with(&pairs(inputs.at(step))).inc()));
        })
        .faster_at_once_than("picometer, one stripe", 1.3)
        .plot_threads();
}
