//! What does a histogram with three labels of run-time strings cost, found anew at each recording?

use fastmetrics::metrics::{family::Family as FastFamily, histogram::Histogram as FastHistogram};
use measured::HistogramVec;
use measured::metric::histogram::Thresholds;
use picometer::family::Keyed;
use picometer::instrument::HttpSeconds;
use picometer::stripe::Striped;
use picometer::{Histogram, keyed};
use picometer_benches::Question;
use picometer_benches::peers::{
    FastStatic, Measured, MeasuredSet, Owned, Sdk, attributes, metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{BOUNDS, Inputs, KEYS, Labels, labels, latencies, pairs};
use prometheus_client::metrics::{family::Family as ClientFamily, histogram::Histogram as ClientHistogram};

fn main() {
    static ONE: keyed!(Histogram<HttpSeconds>, series = 100, words = 12) = Keyed::new();
    static OURS: keyed!(Histogram<HttpSeconds>, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
    thread_local! {
        static MINE: keyed!(Histogram<HttpSeconds>, series = 100, words = 12) = const { Keyed::new() };
    }
    let recorder = metrics_recorder();
    let options = prometheus::HistogramOpts::new("duration", "Durations.").buckets(BOUNDS.to_vec());
    let prometheus = prometheus::HistogramVec::new(options, &KEYS).expect("valid options");
    let client = ClientFamily::<Owned, ClientHistogram>::new_with_constructor(|| ClientHistogram::new(BOUNDS));
    let sdk = Sdk::new();
    let sdk = sdk.meter().f64_histogram("duration").with_boundaries(BOUNDS.to_vec()).build();
    let thresholds = Thresholds::with_buckets(BOUNDS);
    let measured = HistogramVec::with_label_set_and_metadata(MeasuredSet::default(), thresholds);
    let fast = FastFamily::<FastStatic, FastHistogram>::new(|| FastHistogram::new(BOUNDS));

    let keys: &'static [Labels] = labels(5).leak();
    let inputs: Inputs<&'static Labels> = Inputs::drawn(&keys.iter().collect::<Vec<_>>());
    let values = latencies();

    Question::new("labelled_histogram")
        .contender("picometer", |step| OURS.with(&pairs(inputs.at(step))).record(values.at(step).nanoseconds))
        .contender("picometer, one stripe", |step| {
            ONE.with(&pairs(inputs.at(step))).record(values.at(step).nanoseconds);
        })
        .contender("prometheus (inexact)", |step| {
            prometheus.with_label_values(&inputs.at(step).each_ref()).observe(values.at(step).seconds);
        })
        .contender("prometheus-client", |step| {
            client.get_or_create(&Owned::new(inputs.at(step))).observe(values.at(step).seconds);
        })
        .drained(
            "metrics",
            |n| {
                for step in 0..n {
                    let labels = metrics_labels(inputs.at(step));
                    metrics::histogram!("duration", labels).record(values.at(step).seconds);
                }
            },
            || recorder.run_upkeep(),
        )
        .contender("opentelemetry sdk", |step| sdk.record(values.at(step).seconds, &attributes(inputs.at(step))))
        .contender("measured", |step| measured.observe(Measured::new(inputs.at(step)), values.at(step).seconds))
        .contender("fastmetrics, &'static str", |step| {
            let labels = FastStatic::new(inputs.at(step));
            fast.with_or_new(&labels, |histogram| histogram.observe(values.at(step).seconds));
        })
        .flat_beside("picometer", 1.2, |n| {
            MINE.with(|mine| {
                (0..n).for_each(|step| mine.with(&pairs(inputs.at(step))).record(values.at(step).nanoseconds))
            });
        })
        .answer();
}
