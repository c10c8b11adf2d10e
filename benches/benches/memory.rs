//! What does a series occupy, at 10,000 of them, and how often does a recording allocate?

use std::alloc::System;

use fastmetrics::metrics::{counter::Counter as FastCounter, family::Family as FastFamily};
use measured::CounterVec;
use picometer::family::Keyed;
use picometer::label::LearnedTable;
use picometer::stripe::Striped;
use picometer::{Counter, Family, Label, LabelSet, Learned, keyed};
use picometer_benches::peers::{
    FastOwned, Measured, MeasuredSet, Owned, Sdk, attributes, metrics_labels, metrics_recorder,
};
use picometer_benches::workload::{KEYS, labels, pairs};
use picometer_benches::{HEAP, heap, lines};
use prometheus_client::metrics::{counter::Counter as ClientCounter, family::Family as ClientFamily};
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = HEAP;

const SERIES: usize = 10_000;
const ROUTES: usize = SERIES / 20;

static KEYED: keyed!(Counter, series = SERIES, words = 12, stripes = Striped<4>) = Keyed::new();
static ROOMY: keyed!(Counter, series = SERIES, words = 16, stripes = Striped<4>) = Keyed::new();
static LEARNED: Family<Request, Counter> = Family::new();

#[derive(Label, Clone, Copy)]
#[label(capacity = 4, max_len = 7)]
struct Method(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 500, max_len = 23)]
struct Route(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 5, max_len = 7)]
struct Status(Learned);

/// The tables behind the three labels.
type Names = (LearnedTable<4, 1, 8>, LearnedTable<500, 3, 1024>, LearnedTable<5, 1, 16>);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 10_000)]
struct Request {
    method: Method,
    route: Route,
    status: Status,
}

impl Request {
    fn learn([method, route, status]: &[String; 3]) -> Self {
        Self { method: Method::learn(method), route: Route::learn(route), status: Status::learn(status) }
    }
}

fn main() {
    let keys = labels(ROUTES);
    assert_eq!(keys.len(), SERIES);
    metrics_recorder();

    let report = |name: &str, limit: Option<f64>, bytes: usize, mut record: Box<dyn FnMut(usize)>| {
        let (_, first) = heap(|| (0..SERIES).for_each(&mut record));
        let (_, again) = heap(|| (0..SERIES).for_each(&mut record));
        let each = (bytes as f64 + first.growth as f64) / SERIES as f64;
        let ratio = again.allocations as f64 / SERIES as f64;
        let (goal, met) = match limit {
            None => (String::new(), ""),
            Some(limit) => {
                let met = each <= limit && first.allocations == 0 && again.allocations == 0;
                (format!("<= {limit} B, 0 allocations"), if met { "met" } else { "MISSED" })
            }
        };
        lines::row("memory", name, 1, &format!("{each:.1} B"), &format!("{ratio:.0} alloc"), &goal, met);
    };
    macro_rules! with {
        ($name:literal, $limit:expr, $bytes:expr, $record:expr) => {
            report($name, $limit, $bytes, Box::new($record))
        };
    }

    with!("picometer, strings, 4 stripes", Some(176.0), size_of_val(&KEYED), |n| KEYED.with(&pairs(&keys[n])).inc());
    with!("picometer, strings to 128 B", Some(176.0), size_of_val(&ROOMY), |n| ROOMY.with(&pairs(&keys[n])).inc());
    let learned = size_of_val(&LEARNED) + size_of::<Names>();
    with!("picometer, learned labels", Some(48.0), learned, |n| LEARNED.with(Request::learn(&keys[n])).inc());
    assert_eq!(KEYED.usage().series, SERIES);
    assert_eq!(Route::learned(), ROUTES);

    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    with!("prometheus", None, 0, |n| prometheus.with_label_values(&keys[n].each_ref()).inc());
    let client: ClientFamily<Owned, ClientCounter> = ClientFamily::default();
    with!("prometheus-client", None, 0, |n| {
        client.get_or_create(&Owned::new(&keys[n])).inc();
    });
    with!("metrics", None, 0, |n| metrics::counter!("requests", metrics_labels(&keys[n])).increment(1));
    let sdk = Sdk::with_series(SERIES);
    let (sdk, upfront) = heap(|| sdk.meter().u64_counter("requests").build());
    let upfront = usize::try_from(upfront.growth).unwrap_or(0);
    with!("opentelemetry sdk", None, upfront, |n| sdk.add(1, &attributes(&keys[n])));
    let measured = CounterVec::with_label_set(MeasuredSet::default());
    with!("measured", None, 0, |n| measured.inc(Measured::new(&keys[n])));
    let fast: FastFamily<FastOwned, FastCounter> = FastFamily::default();
    with!("fastmetrics", None, 0, |n| {
        fast.with_or_new(&FastOwned::new(&keys[n]), |counter| counter.inc());
    });
}
