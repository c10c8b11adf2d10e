//! What does a counter with three labels of run-time strings cost, found anew at each increment? And with 10 series and
//! 100,000, with one label and with eight?

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use fastmetrics::metrics::{counter::Counter as FastCounter, family::Family as FastFamily};
use measured::CounterVec;
use metrics::Label;
use opentelemetry::KeyValue;
use picometer::family::Keyed;
use picometer::stripe::Striped;
use picometer::{Counter, keyed};
use picometer_benches::peers::{
    FastOwned, FastStatic, Measured, MeasuredCord, MeasuredCordSet, MeasuredSet, Owned, Sdk, attributes,
    metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{Inputs, KEYS, Labels, labels, pairs};
use picometer_benches::{Question, Random, Rounds};
use picometer_std::thread::ByThread;
use prometheus_client::metrics::{counter::Counter as ClientCounter, family::Family as ClientFamily};

/// As much memory as a family of run-time keys has for its series, in three arrays where whoever looks for a series goes
/// from one to the next: what it takes to go through them and to add, but nothing to know where.
struct Memory {
    slots: Vec<[u32; 2]>,
    entries: Vec<[usize; 12]>,
    cells: Vec<AtomicU64>,
}

impl Memory {
    fn of(series: usize) -> Self {
        let mut random = Random::new();
        let mut slots: Vec<[u32; 2]> = (0..series).map(|entry| [entry as u32, 0]).collect();
        random.shuffle(&mut slots);
        let cells = (0..series).map(|_| AtomicU64::new(0)).collect();
        Self { slots, entries: vec![[1; 12]; series], cells }
    }

    fn touch(&self, place: usize) {
        let entry = self.slots[place][0] as usize;
        let key = &self.entries[entry];
        // The first and the last word of such labels, which may be on two cache lines.
        if key[0] == 1 && key[6] == 1 {
            self.cells[entry].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The cost at a number of series.
macro_rules! at_series {
    ($series:literal) => {{
    static OURS: keyed!(Counter, series = $series, words = 12, stripes = Striped<4>) = Keyed::new();
        let keys: &'static [Labels] = labels(($series / 20).max(1)).leak();
        let keys: Vec<&'static Labels> = keys.iter().take($series).collect();
        let options = prometheus::Opts::new("requests", "Requests.");
        let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
        let client: ClientFamily<Owned, ClientCounter> = ClientFamily::default();
        let measured = CounterVec::with_label_set(MeasuredSet::default());
        let sdk = Sdk::with_series($series + 1);
        let sdk = sdk.meter().u64_counter("requests").build();
        let fast: FastFamily<FastStatic, FastCounter> = FastFamily::default();
        for key in &keys {
            OURS.with(&pairs(key)).inc();
            prometheus.with_label_values(&key.each_ref()).inc();
            client.get_or_create(&Owned::new(key)).inc();
            measured.inc(Measured::new(key));
            metrics::counter!("requests", metrics_labels(key)).increment(1);
            sdk.add(1, &attributes(key));
            fast.with_or_new(&FastStatic::new(key), |counter| counter.inc());
        }
        let inputs = Inputs::drawn(&keys);
        let (memory, places) = (Memory::of($series), Inputs::drawn(&(0..$series).collect::<Vec<usize>>()));
        Question::new("series")
            .contender("picometer", |step| OURS.with(&pairs(inputs.at(step))).inc())
            .contender("as much memory alone", |step| {
                // Nobody can look for a series before the labels are read, here as far as the first byte of each. No
                // ASCII has the highest bit, but that is not known before.
                let bits = inputs.at(step).iter().fold(0, |bits, label| bits | label.as_bytes()[0]);
                memory.touch(*places.at(step) + usize::from(bits >> 7));
            })
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
            .plot_at($series);
    }};
}

/// The cost of this many labels.
fn at_labels(count: usize) {
    static OURS: keyed!(Counter, series = 160, words = 40, stripes = Striped<4>) = Keyed::new();
    const NAMES: [&str; 8] = ["cluster", "host", "method", "pod", "region", "route", "status", "zone"];
    let values: Vec<Vec<String>> =
        (0..20).map(|n| NAMES.iter().map(|name| format!("{name}-{}", n % 20)).collect()).collect();
    let lists: Vec<Vec<(&str, &str)>> = values
        .iter()
        .map(|values| NAMES.into_iter().zip(values.iter().map(String::as_str)).take(count).collect())
        .collect();
    let texts: Vec<Vec<&str>> = lists.iter().map(|list| list.iter().map(|(_, value)| *value).collect()).collect();
    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &NAMES[..count]).expect("valid names");
    let client: ClientFamily<Vec<(String, String)>, ClientCounter> = ClientFamily::default();
    let sdk = Sdk::new();
    let sdk = sdk.meter().u64_counter("requests").build();
    let inputs = Inputs::drawn(&lists.iter().zip(&texts).collect::<Vec<_>>());
    let owned = |step| inputs.at(step).0.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Question::new("labels")
        .contender("picometer", |step| OURS.with(&inputs.at(step).0[..]).inc())
        .contender("prometheus", |step| prometheus.with_label_values(inputs.at(step).1).inc())
        .contender("prometheus-client", |step| {
            client.get_or_create(&owned(step)).inc();
        })
        .contender("metrics", |step| {
            let list = inputs.at(step).0.iter();
            let labels: Vec<Label> = list.map(|(key, value)| Label::new(*key, (*value).to_owned())).collect();
            metrics::counter!("labelled", labels).increment(1);
        })
        .contender("opentelemetry sdk", |step| {
            let list = inputs.at(step).0.iter();
            sdk.add(1, &list.map(|(key, value)| KeyValue::new(key.to_owned(), value.to_string())).collect::<Vec<_>>());
        })
        .plot_at(count);
}

fn main() {
    static ONE: keyed!(Counter, series = 100, words = 12) = Keyed::new();
    static OURS: keyed!(Counter, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
    static BY_THREAD: keyed!(Counter, series = 100, words = 12, stripes = Striped<4, ByThread>) = Keyed::new();
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
            black_box(inputs.at(step));
        })
        .contender("prometheus (inexact)", |step| prometheus.with_label_values(&inputs.at(step).each_ref()).inc())
        .contender("prometheus-client", |step| {
            client.get_or_create(&Owned::new(inputs.at(step))).inc();
        })
        .contender("metrics", |step| {
            metrics::counter!("requests", metrics_labels(inputs.at(step))).increment(1);
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
        .flat_beside("picometer", 1.15, |n| {
            MINE.with(|mine| (0..n).for_each(|step| mine.with(&pairs(inputs.at(step))).inc()));
        })
        .answer();

    if Rounds::from_args().is_some() {
        at_series!(10);
        at_series!(100);
        at_series!(1_000);
        at_series!(10_000);
        at_series!(100_000);
        [1, 2, 3, 4, 6, 8].into_iter().for_each(at_labels);
    }
}
