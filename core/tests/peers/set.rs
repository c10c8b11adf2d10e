//! What is written: 10,000 counters, 1,000 histograms, and one of everything else.

use std::sync::Once;

use picometer::encode::Buffer;
use picometer::encode::openmetrics::OpenMetricsEncoder;
use picometer::encode::text::TextEncoder;
use picometer::instrument::HttpSeconds;
use picometer::label::HttpStatus;
use picometer::visit::UsageSet;
use picometer::{
    Counter, Family, FloatGauge, Gauge, Histogram, Label, LabelSet, Learned, MetricSet, SignedExponentialHistogram,
    UpDownCounter, instrument,
};

#[derive(Label, Clone, Copy)]
#[label(capacity = 2000, max_len = 47)]
struct Route(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 10_000)]
struct Request {
    #[label(name = "http.route")]
    route: Route,
    status: HttpStatus,
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 1000)]
struct Timed {
    route: Option<Route>,
    cached: bool,
    status: HttpStatus,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.peers")]
struct Everything {
    /// Requests "answered", \ and é.
    #[metric(name = "http.requests", unit = "{request}")]
    requests: Family<Request, Counter>,
    /// How long they took.
    #[metric(name = "http.request.duration", unit = "s")]
    duration: Family<Timed, Histogram<HttpSeconds>>,
    /// Bytes sent.
    #[metric(name = "sent", unit = "By")]
    sent: Counter,
    /// Open now.
    #[metric(name = "open")]
    open: UpDownCounter,
    /// How warm.
    #[metric(name = "temperature", unit = "Cel")]
    temperature: Gauge,
    /// How full.
    #[metric(name = "load", unit = "1")]
    load: FloatGauge,
    /// No number.
    #[metric(name = "nothing", unit = "1")]
    nothing: FloatGauge,
    /// Never set.
    #[metric(name = "silent", unit = "1")]
    silent: FloatGauge,
    /// How far off clocks are.
    #[metric(name = "offset", unit = "s")]
    offset: SignedExponentialHistogram,
}
static EVERYTHING: Everything = Everything::new();

const COUNTERS: u32 = 10_000;
const HISTOGRAMS: u32 = 1_000;
/// What is recorded in each histogram, in nanoseconds: on a bound, beside it, and beyond the last.
const STEPS: [u64; 4] = [5_000_000, 5_000_001, 999_999_937, 12_000_000_000];

fn request(series: u32) -> (String, u32) {
    let number = series / 5;
    let name = match number {
        0 => String::new(),
        1 => "\\\"\n é 🦀 {}=,\t\r\u{7f}".to_owned(),
        _ => format!("/v1/routes/{number}\\n"),
    };
    (name, 200 + series % 5)
}

fn counted(series: u32) -> u64 {
    u64::from(series) * 1_000_000_007 * u64::from(series) + 1
}

fn timed(series: u32) -> (Option<String>, bool, u32) {
    let (route, status) = request(series);
    // No series with an empty route has the same status as one without.
    let has_route = series < 28 || !series.is_multiple_of(7);
    (has_route.then_some(route), series.is_multiple_of(2), status + series / 5)
}

fn record() {
    for series in 0..COUNTERS {
        let (route, status) = request(series);
        let labels = Request { route: Route::learn(&route), status: HttpStatus::new(status) };
        EVERYTHING.requests.with(labels).add(counted(series));
    }
    for series in 0..HISTOGRAMS {
        let (route, cached, status) = timed(series);
        let route = route.map(|route| Route::learn(&route));
        let duration = EVERYTHING.duration.with(Timed { route, cached, status: HttpStatus::new(status) });
        for step in STEPS {
            duration.record(step * u64::from(series + 1));
        }
    }
    EVERYTHING.sent.add(1 << 63);
    EVERYTHING.open.add(-3);
    EVERYTHING.temperature.set(i64::MIN);
    EVERYTHING.load.set(0.1 + 0.2);
    EVERYTHING.nothing.set(f64::NAN);
    EVERYTHING.offset.record(-0.25);
    EVERYTHING.offset.record(3.0);
}

fn written(write: impl FnOnce(&mut Buffer<'_>)) -> String {
    static RECORDED: Once = Once::new();
    RECORDED.call_once(record);
    let mut bytes = vec![0; 8 << 20];
    let mut out = Buffer::new(&mut bytes);
    write(&mut out);
    String::from_utf8(out.written().to_vec()).expect("UTF-8")
}

fn usage() -> UsageSet<2> {
    let mut usage = UsageSet::new();
    EVERYTHING.visit(&mut usage).expect("two families");
    usage
}

const TARGET: [(&str, &str); 2] = [("service.name", "peers \"test\""), ("host.name", "é")];

pub(crate) fn text() -> String {
    written(|out| {
        let mut encoder = TextEncoder::new(out);
        encoder.target_info(&TARGET).expect("room");
        EVERYTHING.visit(&mut encoder).expect("room");
        usage().visit(&mut encoder).expect("room");
    })
}

pub(crate) fn open_metrics() -> String {
    written(|out| {
        let mut encoder = OpenMetricsEncoder::new(out);
        encoder.target_info(&TARGET).expect("room");
        EVERYTHING.visit(&mut encoder).expect("room");
        usage().visit(&mut encoder).expect("room");
        encoder.finish().expect("room");
    })
}

/// Every sample as recorded: its name and its labels in the order of their keys, and its value.
pub(crate) fn samples(is_strict: bool) -> Vec<(Vec<String>, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, labels: &[&str], value: String| {
        all.push(([name].iter().chain(labels).map(|&field| field.to_owned()).collect(), value));
    };
    add("target_info", &["host_name", "é", "service_name", "peers \"test\""], "1".to_owned());
    for series in 0..COUNTERS {
        let (route, status) = request(series);
        let labels = ["http_route", &route, "status", &status.to_string()];
        add("http_requests_total", &labels, counted(series).to_string());
    }
    for series in 0..HISTOGRAMS {
        let (route, cached, status) = timed(series);
        let (cached, status) = (cached.to_string(), status.to_string());
        let route = route.as_ref().map(|route| ["route", route.as_str()]);
        let values = STEPS.map(|step| step * u64::from(series + 1));
        let mut add = |suffix: &str, le: Option<String>, value: String| {
            let le = le.as_ref().map(|le| ["le", le.as_str()]);
            let first = [["cached", cached.as_str()]].into_iter();
            let labels: Vec<_> = first.chain(le).chain(route).chain([["status", &status]]).flatten().collect();
            add(&format!("http_request_duration_seconds_{suffix}"), &labels, value);
        };
        for bound in <HttpSeconds as instrument::Buckets>::BOUNDS {
            let count = values.iter().filter(|value| *value <= bound).count();
            let bound = *bound as f64 / 1e9;
            // As floats, where the format asks for floats.
            let le = if is_strict { format!("{bound:?}") } else { format!("{bound}") };
            add("bucket", Some(le), count.to_string());
        }
        add("bucket", Some("+Inf".to_owned()), STEPS.len().to_string());
        add("count", None, STEPS.len().to_string());
        let sum: u64 = values.iter().sum();
        add("sum", None, format!("{}.{:09}", sum / 1_000_000_000, sum % 1_000_000_000));
    }
    add("sent_bytes_total", &[], (1_u64 << 63).to_string());
    add("open", &[], "-3".to_owned());
    add("temperature_celsius", &[], i64::MIN.to_string());
    add("load", &[], "0.30000000000000004".to_owned());
    add("nothing", &[], "NaN".to_owned());
    for bound in [0.0].into_iter().chain((-20_i8..=20).map(|octave| f64::from(octave).exp2())) {
        let count = if bound < 3.0 { "1" } else { "2" };
        add("offset_seconds_bucket", &["le", &canonical(bound, is_strict)], count.to_owned());
    }
    add("offset_seconds_bucket", &["le", "+Inf"], "2".to_owned());
    // There is no sum where values can be below zero, and OpenMetrics takes no count without it.
    if !is_strict {
        add("offset_seconds_count", &[], "2".to_owned());
    }
    for (metric, series) in [("http.requests", COUNTERS), ("http.request.duration", HISTOGRAMS)] {
        let labels = ["metric", metric, "scope", "test.peers"];
        add("picometer_family_series", &labels, series.to_string());
        add("picometer_family_capacity", &labels, series.to_string());
        add("picometer_family_overflow_total", &labels, "0".to_owned());
    }
    all
}

/// A bound as Go writes floats, in OpenMetrics with `.0` behind what would be an integer.
fn canonical(bound: f64, is_strict: bool) -> String {
    let text = format!("{bound:e}");
    let (mantissa, exponent) = text.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    match (exponent, is_strict) {
        (-4..6, true) => format!("{bound:?}"),
        (-4..6, false) => format!("{bound}"),
        _ => format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}

/// Name, type, unit and help of each family, as prometheus_client has them.
pub(crate) fn heads(is_strict: bool) -> Vec<Vec<String>> {
    let (info, target) = if is_strict { ("info", "target") } else { ("gauge", "target_info") };
    let unit = |unit: &'static str| if is_strict { unit } else { "" };
    [
        [target, info, "", "Attributes of the resource."],
        ["http_requests", "counter", "", "Requests \"answered\", \\ and é."],
        ["http_request_duration_seconds", "histogram", unit("seconds"), "How long they took."],
        ["sent_bytes", "counter", unit("bytes"), "Bytes sent."],
        ["open", "gauge", "", "Open now."],
        ["temperature_celsius", "gauge", unit("celsius"), "How warm."],
        ["load", "gauge", "", "How full."],
        ["nothing", "gauge", "", "No number."],
        ["offset_seconds", "histogram", unit("seconds"), "How far off clocks are."],
        ["picometer_family_series", "gauge", "", "Series in use."],
        ["picometer_family_capacity", "gauge", "", "Series that there is room for."],
        ["picometer_family_overflow", "counter", "", "Recordings in the overflow, for which there was no series."],
    ]
    .map(|head| head.map(str::to_owned).to_vec())
    .into()
}
