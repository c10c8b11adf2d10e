//! What `ci/icount.sh` counts the instructions of: each path as a function that is not inlined, with inputs and hash
//! seed that are the same in every run.
//!
//! `icount` lists the paths; `icount PATH` runs one of them.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ::http::{Request as HttpRequest, Response};
use http_body::Body;
use http_body_util::Full;
use picometer::encode::openmetrics::OpenMetricsEncoder;
use picometer::encode::text::TextEncoder;
use picometer::encode::{Buffer, otlp};
use picometer::family::Keyed;
use picometer::instrument::{HttpSeconds, Nanoseconds, WithMinMax};
use picometer::label::{HttpMethod, HttpStatus};
use picometer::lease::{self, Leasable, Lease};
use picometer::stripe::Striped;
use picometer::{
    Counter, ExponentialHistogram, Family, FloatCounter, FloatExponentialHistogram, FloatGauge, FloatHistogram, Gauge,
    Histogram, Label, LabelSet, Learned, MetricSet, SignedExponentialHistogram, UpDownCounter, buckets, keyed,
};
use picometer_benches::sets::{COUNTERS, OUR_COUNTERS};
use picometer_benches::workload::{Inputs, Labels, Latency, labels, latencies, pairs};
use picometer_std::instrument::http::{self, HttpMetricsLayer, Route as HttpRoute};
use picometer_std::instrument::sqlite::Statement;
use tower::{Layer, Service, service_fn};

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

/// As many series as the plot of series ends with.
static MANY: keyed!(Counter, series = 100_000, words = 12, stripes = Striped<4>) = Keyed::new();

buckets! {
    /// The bounds of `http.server.request.duration` again, for floats.
    FloatSeconds = floats [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
}

static FLOAT_COUNTER: FloatCounter = FloatCounter::new();
static UP_DOWN_COUNTER: UpDownCounter = UpDownCounter::new();
static GAUGE: Gauge = Gauge::new();
static FLOAT_GAUGE: FloatGauge = FloatGauge::new();
static FLOAT_HISTOGRAM: FloatHistogram<FloatSeconds> = FloatHistogram::new();
static FLOAT_EXPONENTIAL: FloatExponentialHistogram = FloatExponentialHistogram::new();
static SIGNED_EXPONENTIAL: SignedExponentialHistogram = SignedExponentialHistogram::new();
static MIN_MAX: WithMinMax<Histogram<HttpSeconds>> = WithMinMax::new();

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
const PATHS: [(&str, Path, usize); 29] = [
    ("counter", counter, 10_000),
    ("dense_labels", dense_labels, 10_000),
    ("leased", leased, 10_000),
    ("learned_labels", learned_labels, 10_000),
    ("keyed_hit", keyed_hit, 10_000),
    ("keyed_hit_of_100000", keyed_hit_of_100000, 10_000),
    ("keyed_overflow", keyed_overflow, 10_000),
    ("keyed_unsorted", keyed_unsorted, 10_000),
    ("keyed_new", keyed_new, 100),
    ("histogram", histogram, 10_000),
    ("histogram_duration", histogram_duration, 10_000),
    ("exponential_histogram", exponential_histogram, 10_000),
    ("keyed_histogram", keyed_histogram, 10_000),
    ("float_counter", float_counter, 10_000),
    ("up_down_counter", up_down_counter, 10_000),
    ("gauge", gauge, 10_000),
    ("float_gauge", float_gauge, 10_000),
    ("float_histogram", float_histogram, 10_000),
    ("float_exponential", float_exponential, 10_000),
    ("signed_exponential", signed_exponential, 10_000),
    ("min_max", min_max, 10_000),
    ("http_record", http_record, 10_000),
    ("http_layer", http_layer, 10_000),
    ("sql_statement", sql_statement, 10_000),
    ("text", text, 10),
    ("text_counters", text_counters, 3),
    ("text_counters_new", text_counters_new, 1),
    ("openmetrics", openmetrics, 10),
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
        keys: Inputs::drawn(&labels(if name == "keyed_hit_of_100000" { 5_000 } else { 5 })),
        latencies: latencies(),
        lease: lease::take().expect("there is one"),
        scratch: [0; Metrics::SCRATCH],
        out: vec![0; 1 << 20],
    };
    if name.starts_with("text_counters") {
        labels(COUNTERS / 20).iter().for_each(|labels| OUR_COUNTERS.requests.with(&pairs(labels)).add(7));
    }
    if name == "keyed_hit_of_100000" {
        labels(5_000).iter().for_each(|labels| black_box(&MANY).with(&pairs(labels)).inc());
    }
    METRICS.full.with(&[("only", "one")]).inc();
    if name != "keyed_new" {
        // Every series is there; `black_box`, since these calls are not counted and must not become those that are.
        for step in 0..5_000 {
            let labels = black_box(given.keys.at(step));
            let request =
                Request { method: HttpMethod::Get, route: Route::learn(&labels[1]), status: HttpStatus::new(200) };
            METRICS.sparse.with(request).inc();
            let method = HttpMethod::parse(&labels[0]);
            http::record(method, HttpRoute::learn(&labels[1]), 200, Duration::ZERO);
            METRICS.keyed.with(&pairs(labels)).inc();
            METRICS.keyed_histogram.with(&pairs(labels)).record(1);
        }
    }
    if name != "text_counters_new" {
        // Each series was scraped before.
        let mut out = |_: &[u8]| Ok::<(), Infallible>(());
        let mut encoder = TextEncoder::new(&mut out);
        let Ok(()) = OUR_COUNTERS.visit(&mut encoder).and_then(|()| METRICS.visit(&mut encoder));
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
fn keyed_hit_of_100000(given: &mut Given, n: usize) {
    (0..n).for_each(|step| MANY.with(&pairs(given.keys.at(step))).inc());
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
fn float_counter(given: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&FLOAT_COUNTER).add(given.latencies.at(step).seconds));
}

#[inline(never)]
fn up_down_counter(_: &mut Given, n: usize) {
    (0..n).for_each(|_| black_box(&UP_DOWN_COUNTER).dec());
}

#[inline(never)]
fn gauge(_: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&GAUGE).set(black_box(step) as i64));
}

#[inline(never)]
fn float_gauge(given: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&FLOAT_GAUGE).set(given.latencies.at(step).seconds));
}

#[inline(never)]
fn float_histogram(given: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&FLOAT_HISTOGRAM).record(given.latencies.at(step).seconds));
}

#[inline(never)]
fn float_exponential(given: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&FLOAT_EXPONENTIAL).record(given.latencies.at(step).seconds));
}

#[inline(never)]
fn signed_exponential(given: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&SIGNED_EXPONENTIAL).record(given.latencies.at(step).seconds - 0.1));
}

#[inline(never)]
fn min_max(given: &mut Given, n: usize) {
    (0..n).for_each(|step| black_box(&MIN_MAX).record(given.latencies.at(step).nanoseconds));
}

#[inline(never)]
fn http_record(given: &mut Given, n: usize) {
    for step in 0..n {
        let [method, route, _] = given.keys.at(step);
        let latency = Duration::from_nanos(given.latencies.at(step).nanoseconds);
        http::record(HttpMethod::parse(method), HttpRoute::learn(route), 200, latency);
    }
}

/// The route that a router has found.
#[derive(Clone, Copy)]
struct Matched(&'static str);

/// A request through the layer, its answer read to the end; making the request is counted too.
#[inline(never)]
fn http_layer(_: &mut Given, n: usize) {
    let answer = async |_: HttpRequest<()>| Ok::<_, Infallible>(Response::new(Full::new(&b"answer"[..])));
    let layer = HttpMetricsLayer::new(|extensions| extensions.get::<Matched>().map(|matched| matched.0));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..n {
        let mut request = HttpRequest::new(());
        request.extensions_mut().insert(Matched("/v1/test/start"));
        let answered = pin!(layer.layer(service_fn(answer)).call(black_box(request))).poll(&mut context);
        let Poll::Ready(Ok(answer)) = answered else { panic!("it is ready") };
        let mut body = pin!(answer.into_body());
        while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
            black_box(frame.is_ok());
        }
    }
}

#[inline(never)]
fn sql_statement(_: &mut Given, n: usize) {
    const SQL: &str = "SELECT id, email, password_hash FROM users WHERE email = ?1 AND deleted_at IS NULL";
    (0..n).for_each(|_| {
        black_box(Statement::parse(black_box(SQL)));
    });
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
fn text_counters(given: &mut Given, n: usize) {
    for _ in 0..n {
        let mut out = Buffer::new(&mut given.out);
        OUR_COUNTERS.visit(&mut TextEncoder::new(&mut out)).expect("it fits");
        black_box(out.written());
    }
}

/// The first scrape after so many series are new.
#[inline(never)]
fn text_counters_new(given: &mut Given, _: usize) {
    let mut out = Buffer::new(&mut given.out);
    OUR_COUNTERS.visit(&mut TextEncoder::new(&mut out)).expect("it fits");
    black_box((out.written(), "not merged with another path"));
}

#[inline(never)]
fn openmetrics(given: &mut Given, n: usize) {
    for _ in 0..n {
        let mut out = Buffer::new(&mut given.out);
        let mut encoder = OpenMetricsEncoder::new(&mut out);
        METRICS.visit(&mut encoder).expect("it fits");
        encoder.finish().expect("it fits");
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
