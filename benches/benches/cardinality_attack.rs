//! What happens when somebody sends a million different keys: how far does memory grow, and how long does the slowest
//! recording take?

use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};

use fastmetrics::metrics::{counter::Counter as FastCounter, family::Family as FastFamily};
use measured::CounterVec;
use picometer::family::Keyed;
use picometer::stripe::Striped;
use picometer::{Counter, keyed};
use picometer_benches::peers::{
    FastOwned, Measured, MeasuredSet, Owned, Sdk, attributes, metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{KEYS, Labels, pairs};
use picometer_benches::{HEAP, Rounds, heap, lines};
use prometheus_client::metrics::{counter::Counter as ClientCounter, family::Family as ClientFamily};
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = HEAP;

const KEYS_SENT: usize = 1_000_000;

fn attack(name: &str, goal: bool, mut record: impl FnMut(&Labels)) {
    let mut key = ["GET".to_owned(), String::with_capacity(32), "200".to_owned()];
    let mut slowest = Duration::ZERO;
    let (_, heap) = heap(|| {
        for n in 0..KEYS_SENT {
            key[1].clear();
            // Written in place, so that what is counted is the contender's.
            std::fmt::Write::write_fmt(&mut key[1], format_args!("/v1/user/{n:08}")).expect("a string takes it");
            let start = Instant::now();
            record(black_box(&key));
            slowest = slowest.max(start.elapsed());
        }
    });
    let (goal, met) = match goal {
        false => ("", ""),
        true => ("0 B", if heap.growth == 0 { "met" } else { "MISSED" }),
    };
    let cost = format!("{:.1} MB", heap.growth as f64 / 1e6);
    lines::row("cardinality_attack", name, 1, &cost, &format!("{:.1} ms", slowest.as_secs_f64() * 1e3), goal, met);
}

fn attack_all() {
    static OURS: keyed!(Counter, series = 2_000, words = 12, stripes = Striped<4>) = Keyed::new();
    attack("picometer", true, |key| OURS.with(&pairs(key)).inc());
    assert_eq!(OURS.usage().series, 2_000);

    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    attack("prometheus", false, |key| prometheus.with_label_values(&key.each_ref()).inc());
    drop(prometheus);
    let client: ClientFamily<Owned, ClientCounter> = ClientFamily::default();
    attack("prometheus-client", false, |key| {
        client.get_or_create(&Owned::new(key)).inc();
    });
    drop(client);
    metrics_recorder();
    attack("metrics", false, |key| metrics::counter!("requests", metrics_labels(key)).increment(1));
    let sdk = Sdk::new();
    let sdk = sdk.meter().u64_counter("requests").build();
    attack("opentelemetry sdk", false, |key| sdk.add(1, &attributes(key)));
    let measured = CounterVec::with_label_set(MeasuredSet::default());
    attack("measured", false, |key| measured.inc(Measured::new(key)));
    drop(measured);
    let fast: FastFamily<FastOwned, FastCounter> = FastFamily::default();
    attack("fastmetrics", false, |key| {
        fast.with_or_new(&FastOwned::new(key), |counter| counter.inc());
    });
}

fn main() {
    if Rounds::from_args().is_some() {
        attack_all();
    } else {
        println!("run with --rounds: an attack is not repeated");
    }
}
