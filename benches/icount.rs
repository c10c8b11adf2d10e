//! What `ci/icount.sh` counts the instructions of: each path as a function that is not inlined, with inputs and hash
//! seed that are the same in every run.
//!
//! `icount` lists the paths; `icount PATH` runs one of them.

use std::hint::black_box;
use std::time::Duration;

use picometer::encode::text::TextEncoder;
use picometer::encode::{Buffer, otlp};
use picometer::instrument::{HttpSeconds, Nanoseconds};
use picometer::label::{HttpMethod, HttpStatus};
use picometer::lease::{self, Leasable, Lease};
use picometer::stripe::Striped;
use picometer::{Counter, ExponentialHistogram, Family, Histogram, Label, LabelSet, Learned, MetricSet, keyed};
use picometer_benches::workload::{Inputs, Labels, Latency, labels, latencies, pairs};

#[derive(Label, Clone, Copy)]
#[label(capacity = 100, max_len = 23)]
struct Route(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 1000)]
struct Request {
    method: HttpMethod,
    route: Route,
    status: HttpStatus,
}

#[derive(LabelSet, Clone, Copy)]
struct Outcome {
    method: HttpMethod,
    cached: bool,
}

#[derive(MetricSet)]
#[metric_set(scope = "bench")]
struct Metrics {
    /// A counter.
    #[metric(name = "plain", unit = "{request}")]
    plain: Counter,
    /// A counter with labels of few values.
    #[metric(name = "dense", unit = "{request}")]
    dense: Family<Outcome, Counter, Striped<4>>,
    /// A counter with a learned label.
    #[metric(name = "sparse", unit = "{request}")]
    sparse: Family<Request, Counter>,
    /// A counter with run-time strings.
    #[metric(name = "keyed", unit = "{request}")]
    keyed: keyed!(Counter, series = 100, words = 12, stripes = Striped<4>),
    /// A counter with run-time strings and no room.
    #[metric(name = "full", unit = "{request}")]
    full: keyed!(Counter, series = 1, words = 12),
    /// A histogram.
    #[metric(name = "histogram", unit = "s")]
    histogram: Histogram<HttpSeconds>,
    /// A histogram without chosen bounds.
    #[metric(name = "exponential", unit = "s")]
    exponential: ExponentialHistogram<Nanoseconds>,
    /// A histogram with run-time strings.
    #[metric(name = "keyed.histogram", unit = "s")]
    keyed_histogram: keyed!(Histogram<HttpSeconds>, series = 100, words = 12, stripes = Striped<4>),
    /// A counter for leases.
    #[metric(name = "leased", unit = "{request}")]
    leased: Family<Outcome, Counter, Striped<4, Leasable>>,
}
static METRICS: Metrics = Metrics::new();
const OUTCOME: Outcome = Outcome { method: HttpMethod::Get, cached: true };

/// What a path works on.
struct Given {
    keys: Inputs<Labels>,
    latencies: Inputs<Latency>,
    lease: Lease,
    scratch: [u32; Metrics::SCRATCH],
    out: Vec<u8>,
}

type Path = fn(&mut Given, usize);

/// The paths, with the number of operations of a run.
const PATHS: [(&str, Path, usize); 14] = [
    ("counter", counter, 10_000),
    ("dense_labels", dense_labels, 10_000),
    ("leased", leased, 10_000),
    ("learned_labels", learned_labels, 10_000),
    ("keyed_hit", keyed_hit, 10_000),
    ("keyed_overflow", keyed_overflow, 10_000),
    ("keyed_unsorted", keyed_unsorted, 10_000),
    ("keyed_new", keyed_new, 100),
    ("histogram", histogram, 10_000),
    ("histogram_duration", histogram_duration, 10_000),
    ("exponential_histogram", exponential_histogram, 10_000),
    ("keyed_histogram", keyed_histogram, 10_000),
    ("text", text, 10),
    ("otlp", otlp, 10),
];

fn main() {
    let Some(name) = std::env::args().nth(1) else {
        PATHS.iter().for_each(|(name, _, n)| println!("{name} {n}"));
        return;
    };
    let (_, path, n) = PATHS.iter().find(|(path, ..)| *path == name).expect("a path of the list");
    let n = std::env::args().nth(2).map_or(*n, |n| n.parse().expect("a number"));
    picometer::set_hash_seed(0x5eed);
    let mut given = Given {
        keys: Inputs::drawn(&labels(5)),
        latencies: latencies(),
        lease: lease::take().expect("there is one"),
        scratch: [0; Metrics::SCRATCH],
        out: vec![0; 1 << 20],
    };
    METRICS.full.with(&[("only", "one")]).inc();
    if name != "keyed_new" {
        // Every series is there; `black_box`, since these calls are not counted and must not become those that are.
        for step in 0..5_000 {
            let labels = black_box(given.keys.at(step));
            let request =
                Request { method: HttpMethod::Get, route: Route::learn(&labels[1]), status: HttpStatus::new(200) };
            METRICS.sparse.with(request).inc();
            METRICS.keyed.with(&pairs(labels)).inc();
            METRICS.keyed_histogram.with(&pairs(labels)).record(1);
        }
    }
    path(&mut given, n);
}

#[inline(never)]
fn counter(_: &mut Given, n: usize) {
    (0..n).for_each(|_| black_box(&METRICS.plain).inc());
}

#[inline(never)]
fn dense_labels(_: &mut Given, n: usize) {
    (0..n).for_each(|_| METRICS.dense.with(black_box(OUTCOME)).inc());
}

#[inline(never)]
fn leased(given: &mut Given, n: usize) {
    (0..n).for_each(|_| METRICS.leased.own(&given.lease, black_box(OUTCOME)).inc());
}

#[inline(never)]
fn learned_labels(given: &mut Given, n: usize) {
    for step in 0..n {
        let [_, route, _] = given.keys.at(step);
        let method = black_box(HttpMethod::Get);
        METRICS.sparse.with(Request { method, route: Route::learn(route), status: HttpStatus::new(200) }).inc();
    }
}

#[inline(never)]
fn keyed_hit(given: &mut Given, n: usize) {
    (0..n).for_each(|step| METRICS.keyed.with(&pairs(given.keys.at(step))).inc());
}

#[inline(never)]
fn keyed_overflow(given: &mut Given, n: usize) {
    (0..n).for_each(|step| METRICS.full.with(&pairs(given.keys.at(step))).inc());
}

#[inline(never)]
fn keyed_unsorted(given: &mut Given, n: usize) {
    for step in 0..n {
        let mut labels = pairs(given.keys.at(step));
        labels.reverse();
        METRICS.keyed.with(&labels).inc();
    }
}

#[inline(never)]
fn keyed_new(given: &mut Given, n: usize) {
    // As many new keys as the table takes.
    (0..n).for_each(|step| METRICS.keyed_histogram.with(&pairs(given.keys.at(step))).record(1));
}

#[inline(never)]
fn histogram(given: &mut Given, n: usize) {
    (0..n).for_each(|step| METRICS.histogram.record(given.latencies.at(step).nanoseconds));
}

#[inline(never)]
fn histogram_duration(given: &mut Given, n: usize) {
    for step in 0..n {
        METRICS.histogram.record_duration(Duration::from_nanos(given.latencies.at(step).nanoseconds));
    }
}

#[inline(never)]
fn exponential_histogram(given: &mut Given, n: usize) {
    (0..n).for_each(|step| METRICS.exponential.record(given.latencies.at(step).nanoseconds));
}

#[inline(never)]
fn keyed_histogram(given: &mut Given, n: usize) {
    for step in 0..n {
        METRICS.keyed_histogram.with(&pairs(given.keys.at(step))).record(given.latencies.at(step).nanoseconds);
    }
}

#[inline(never)]
fn text(given: &mut Given, n: usize) {
    for _ in 0..n {
        let mut out = Buffer::new(&mut given.out);
        METRICS.visit(&mut TextEncoder::new(&mut out)).expect("it fits");
        black_box(out.written());
    }
}

#[inline(never)]
fn otlp(given: &mut Given, n: usize) {
    for _ in 0..n {
        let mut measure = otlp::Measure::new(&mut given.scratch);
        METRICS.visit(&mut measure).expect("it fits");
        let mut out = Buffer::new(&mut given.out);
        let head = otlp::Head { resource: &[("service.name", "bench")], start: 1, time: 2 };
        let mut writer = measure.writer(&head, &mut out).expect("it fits");
        METRICS.visit(&mut writer).expect("it fits");
        black_box(out.written());
    }
}
