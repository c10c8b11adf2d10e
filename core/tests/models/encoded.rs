//! A metric set with every instrument and every table, recorded into at will, and what an exporter must make of it.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics, metric::Data, number_data_point};
use picometer::encode::openmetrics::OpenMetricsEncoder;
use picometer::encode::otlp::{Cursor, Head, Limits, Measure};
use picometer::encode::text::TextEncoder;
use picometer::instrument::{Buckets, DbSeconds};
use picometer::stripe::Striped;
use picometer::{Counter, Family, FloatGauge, Gauge, Histogram, MetricSet, UpDownCounter, keyed};
use prost::Message;

use super::exposition::{self, Format, Sample};
use super::families::{Choice, Few, FirstCome, Many, chosen};
use super::histogram::{Thousandths, Whole};
use super::keyed::Model;
use super::{CEILING, Chosen, Labels, check_sum, choose_stripe, grown, overflow, prometheus_name};

#[derive(MetricSet)]
#[metric_set(scope = "test.models")]
struct Set {
    /// A "counter" with a back\slash.
    #[metric(name = "a.counter", unit = "{thing}")]
    counter: Counter,
    /// A sum.
    #[metric(name = "a.sum", unit = "By")]
    sum: UpDownCounter,
    /// A gauge.
    #[metric(name = "a.gauge", unit = "Cel")]
    gauge: Gauge,
    /// A float gauge.
    #[metric(name = "a.float", unit = "1")]
    float: FloatGauge,
    /// Run-time keys.
    #[metric(name = "keyed", unit = "{thing}")]
    keyed: keyed!(Counter, series = 6, words = 12),
    /// Run-time keys of gauges.
    #[metric(name = "keyed.float", unit = "By/s")]
    keyed_float: keyed!(FloatGauge, series = 3, words = 8),
    /// Run-time keys of histograms, with more labels than are copied from line to line.
    #[metric(name = "keyed.duration", unit = "s")]
    keyed_times: keyed!(Histogram<DbSeconds>, series = 2, words = 64, stripes = Striped<2, Chosen>),
    /// A dense family.
    #[metric(name = "dense", unit = "s")]
    dense: Family<Few, Histogram<Whole>>,
    /// A family of `max_series`.
    #[metric(name = "sparse", unit = "1")]
    sparse: Family<Many, Histogram<Thousandths>, Striped<2, Chosen>>,
    /// A family of sums.
    #[metric(name = "sparse.sum.total", unit = "s")]
    sparse_sums: Family<Many, UpDownCounter>,
}

/// What kind a metric is and what its series hold.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    Counter(u64),
    Sum(i64),
    Gauge(i64),
    Float(f64),
    Histogram { values: Vec<u64>, bounds: &'static [u64], decimals: usize },
}

/// What was recorded.
#[derive(Debug)]
struct Recorded {
    /// In the order of the set: its names, and its series by their labels.
    metrics: Vec<(Names, BTreeMap<Labels, Held>)>,
    keyed: [Model; 3],
    first_come: [FirstCome; 2],
}

/// As OpenTelemetry and Prometheus have it, without `_total`; the unit, and what the latter makes of it; the help.
type Names = [&'static str; 5];

const NAMES: [Names; 10] = [
    ["a.counter", "a_counter", "{thing}", "", "A \"counter\" with a back\\slash."],
    ["a.sum", "a_sum_bytes", "By", "bytes", "A sum."],
    ["a.gauge", "a_gauge_celsius", "Cel", "celsius", "A gauge."],
    ["a.float", "a_float", "1", "", "A float gauge."],
    ["keyed", "keyed", "{thing}", "", "Run-time keys."],
    ["keyed.float", "keyed_float_bytes_per_second", "By/s", "bytes_per_second", "Run-time keys of gauges."],
    [
        "keyed.duration",
        "keyed_duration_seconds",
        "s",
        "seconds",
        "Run-time keys of histograms, with more labels than are copied from line to line.",
    ],
    ["dense", "dense_seconds", "s", "seconds", "A dense family."],
    ["sparse", "sparse", "1", "", "A family of `max_series`."],
    ["sparse.sum.total", "sparse_sum_total_seconds", "s", "seconds", "A family of sums."],
];

/// One recording: into which metric, with which labels, how much, and on which stripe. From stripe 224 on the first of
/// the labels is repeated until it is long.
pub type Step = (u8, Labels, Choice, u64, u8);

fn record(steps: &[Step]) -> (Set, Recorded) {
    let set = Set::new();
    let mut recorded = Recorded {
        metrics: NAMES.iter().map(|names| (*names, BTreeMap::new())).collect(),
        keyed: [Model::new(6, 12), Model::new(3, 8), Model::new(2, 64)],
        first_come: <[FirstCome; 2]>::default(),
    };
    // These have a zero to show from the start.
    recorded.metrics[0].1.insert(Labels::new(), Held::Counter(0));
    recorded.metrics[1].1.insert(Labels::new(), Held::Sum(0));
    for (which, labels, choice, value, stripe) in steps {
        choose_stripe((*stripe).into());
        let mut labels = labels.clone();
        if let (Some((_, value)), Some(more)) = (labels.first_mut(), stripe.checked_sub(223)) {
            *value = value.repeat(usize::from(more) * 8);
        }
        let (value, which) = (*value, usize::from(*which) % NAMES.len());
        let (few, many, few_shown, many_shown) = chosen(*choice);
        let borrowed: Vec<_> = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let [keyed, keyed_float, keyed_times] = &mut recorded.keyed;
        let [sparse, sparse_sums] = &mut recorded.first_come;
        let (place, held) = match which {
            0 => {
                set.counter.add(value);
                (Labels::new(), Held::Counter(value))
            }
            1 => {
                set.sum.add(value.cast_signed());
                (Labels::new(), Held::Sum(value.cast_signed()))
            }
            2 => {
                set.gauge.set(value.cast_signed());
                (Labels::new(), Held::Gauge(value.cast_signed()))
            }
            3 => {
                set.float.set(f64::from_bits(value));
                (Labels::new(), Held::Float(f64::from_bits(value)))
            }
            4 => {
                // Not zero, which would not show in the overflow, and too little to come round to it.
                let value = value % (1 << 40) + 1;
                set.keyed.with(&borrowed[..]).add(value);
                (keyed.place(&labels), Held::Counter(value))
            }
            5 => {
                set.keyed_float.with(&borrowed[..]).set(f64::from_bits(value));
                (keyed_float.place(&labels), Held::Float(f64::from_bits(value)))
            }
            6 => {
                set.keyed_times.with(&borrowed[..]).record(value);
                (keyed_times.place(&labels), histogram::<DbSeconds>(value))
            }
            7 => {
                set.dense.with(few).record(value);
                (few_shown, histogram::<Whole>(value))
            }
            8 => {
                set.sparse.with(many).record(value);
                (sparse.place(many_shown), histogram::<Thousandths>(value))
            }
            _ => {
                set.sparse_sums.with(many).add(value.cast_signed());
                (sparse_sums.place(many_shown), Held::Sum(value.cast_signed()))
            }
        };
        let (_, series) = &mut recorded.metrics[which];
        match (series.get_mut(&place), held) {
            (Some(Held::Counter(sum)), Held::Counter(value)) => *sum = grown(*sum, value),
            (Some(Held::Sum(sum)), Held::Sum(value)) => *sum = sum.wrapping_add(value),
            (Some(Held::Histogram { values, .. }), Held::Histogram { values: more, .. }) => values.extend(more),
            (_, held) => drop(series.insert(place, held)),
        }
    }
    recorded.metrics.retain(|(_, series)| !series.is_empty());
    (set, recorded)
}

fn histogram<B: Buckets>(value: u64) -> Held {
    Held::Histogram { values: vec![value], bounds: B::BOUNDS, decimals: B::DECIMALS.into() }
}

/// What Prometheus reads of a series: the sum of all that it takes for one.
enum Shown {
    Unsigned(u64),
    Signed(i64),
    Float(Vec<f64>),
    Histogram { values: Vec<u64>, bounds: &'static [u64], decimals: usize },
}

/// The series as Prometheus has them: names without what it does not take, keys of one name joined, no empty labels.
fn exposed(series: &BTreeMap<Labels, Held>) -> BTreeMap<BTreeMap<String, String>, Shown> {
    let mut all: BTreeMap<BTreeMap<String, String>, Shown> = BTreeMap::new();
    for (labels, held) in series {
        let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (key, value) in labels.iter().collect::<BTreeSet<_>>() {
            names.entry(prometheus_name(key)).or_default().push(value);
        }
        let mut labels: BTreeMap<_, _> = names.into_iter().map(|(name, values)| (name, values.join(";"))).collect();
        labels.retain(|_, value| !value.is_empty());
        let one = match held {
            Held::Counter(value) => Shown::Unsigned(*value),
            Held::Sum(value) | Held::Gauge(value) => Shown::Signed(*value),
            Held::Float(value) => Shown::Float(vec![*value]),
            Held::Histogram { values, bounds, decimals } => {
                Shown::Histogram { values: values.clone(), bounds, decimals: *decimals }
            }
        };
        match (all.get_mut(&labels), one) {
            (Some(Shown::Unsigned(all)), Shown::Unsigned(one)) => *all = all.saturating_add(one),
            (Some(Shown::Signed(all)), Shown::Signed(one)) => *all = all.wrapping_add(one),
            (Some(Shown::Float(all)), Shown::Float(one)) => all.extend(one),
            (Some(Shown::Histogram { values, .. }), Shown::Histogram { values: more, .. }) => values.extend(more),
            (_, one) => drop(all.insert(labels, one)),
        }
    }
    all
}

/// How many of the values lie at or below each bound, and how many there are.
fn cumulative(values: &[u64], bounds: &[u64]) -> Vec<usize> {
    let below = bounds.iter().map(|bound| values.iter().filter(|value| *value <= bound).count());
    below.chain([values.len()]).collect()
}

/// Checks Prometheus text and OpenMetrics against what was recorded: every label value and every digit.
pub fn check_text(format: Format, steps: &[Step], scope_labels: bool, resource: &[(String, String)]) {
    let (set, recorded) = record(steps);
    // Each key once, in an order that is not theirs. Those that become one for Prometheus are joined in theirs.
    let resource: BTreeMap<&str, &str> = resource.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let attributes: Vec<_> = resource.iter().rev().map(|(key, value)| (*key, *value)).collect();

    let mut bytes = Vec::new();
    let mut out = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<(), std::convert::Infallible>(())
    };
    let Ok(()) = match format {
        Format::Text => {
            let mut encoder = TextEncoder::new(&mut out);
            encoder = if scope_labels { encoder.with_scope_labels() } else { encoder };
            encoder.target_info(&attributes).and_then(|()| set.visit(&mut encoder))
        }
        Format::OpenMetrics => {
            let mut encoder = OpenMetricsEncoder::new(&mut out);
            encoder = if scope_labels { encoder.with_scope_labels() } else { encoder };
            encoder.target_info(&attributes).and_then(|()| set.visit(&mut encoder)).and_then(|()| encoder.finish())
        }
    };
    let families = format.parse(&bytes).unwrap_or_else(|problem| panic!("{problem}\n{}", bytes.escape_ascii()));
    let Some((target, families)) = families.split_first() else { panic!("no target_info") };
    let mut labels: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in resource {
        labels.entry(target_label(key)).or_default().push(value);
    }
    let labels = labels.into_iter().map(|(label, values)| (label, values.join(";"))).collect();
    assert_eq!(target.samples, [Sample { name: "target_info".into(), labels, value: "1".into() }]);

    assert_eq!(families.len(), recorded.metrics.len());
    for (family, ([_, name, _, unit, help], series)) in families.iter().zip(&recorded.metrics) {
        let (kind, total) = match series.values().next() {
            Some(Held::Counter(_)) => ("counter", "_total"),
            Some(Held::Histogram { .. }) => ("histogram", ""),
            _ => ("gauge", ""),
        };
        let with_total = format!("{name}{total}");
        assert_eq!(family.name, if format == Format::Text { &with_total } else { *name });
        assert_eq!((family.kind.as_str(), family.help.as_deref()), (kind, Some(*help)));
        if format == Format::OpenMetrics {
            assert_eq!(family.unit.as_deref().unwrap_or_default(), *unit);
        }
        let mut samples: BTreeMap<_, _> =
            family.samples.iter().map(|sample| (sample.series(), &sample.value)).collect();
        for (labels, held) in exposed(series) {
            let mut shown = labels.clone();
            if scope_labels {
                shown.insert("otel_scope_name".into(), "test.models".into());
                shown.insert("otel_scope_version".into(), env!("CARGO_PKG_VERSION").into());
            }
            let mut take = |suffix: &str, le: Option<&str>| {
                let mut labels = shown.clone();
                labels.extend(le.map(|le| ("le".to_owned(), le.to_owned())));
                let key = (format!("{name}{suffix}"), labels);
                samples.remove(&key).unwrap_or_else(|| panic!("no {key:?} in {samples:?}")).as_str()
            };
            match held {
                Shown::Unsigned(value) => assert_eq!(take(total, None), value.to_string()),
                Shown::Signed(value) => assert_eq!(take("", None), value.to_string()),
                Shown::Float(values) => same_sum(take("", None), values),
                Shown::Histogram { values, bounds, decimals } => {
                    // The bounds as they are written, found by what they are worth.
                    let written: BTreeMap<u128, &str> = family
                        .samples
                        .iter()
                        .filter_map(|sample| sample.labels.get("le"))
                        .filter(|le| *le != "+Inf")
                        .map(|le| (exposition::scaled(le, decimals).expect("an exact bound"), le.as_str()))
                        .collect();
                    let expected: Vec<u128> = bounds.iter().copied().map(u128::from).collect();
                    assert_eq!(written.keys().copied().collect::<Vec<_>>(), expected);
                    for (le, count) in written.values().copied().chain(["+Inf"]).zip(cumulative(&values, bounds)) {
                        assert_eq!(take("_bucket", Some(le)), count.to_string(), "up to {le}");
                    }
                    let sum = exposition::scaled(take("_sum", None), decimals).expect("a decimal fraction");
                    check_sum(sum.try_into().expect("64 bits"), values.iter().copied());
                    assert_eq!(take("_count", None), values.len().to_string());
                }
            }
        }
        assert!(samples.is_empty(), "nobody recorded {samples:?}");
    }
}

/// The label of an attribute of the resource.
fn target_label(key: &str) -> String {
    let digit = if key.starts_with(|first: char| first.is_ascii_digit()) || key.is_empty() { "_" } else { "" };
    let bytes = key.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' });
    digit.chars().chain(bytes).collect()
}

/// Whether this is the sum of the values, in one order or another.
fn same_sum(text: &str, mut values: Vec<f64>) {
    let plus = |a: f64, b: f64| {
        let finite = a.is_finite() && b.is_finite();
        if finite { (a + b).clamp(f64::MIN, f64::MAX) } else { a + b }
    };
    // There are at most three.
    let sums: Vec<f64> = (0..values.len())
        .filter_map(|_| {
            values.rotate_left(1);
            values.iter().copied().reduce(plus)
        })
        .collect();
    let is = |sum: &f64| match text {
        "NaN" => sum.is_nan(),
        "+Inf" => *sum == f64::INFINITY,
        "-Inf" => *sum == f64::NEG_INFINITY,
        text => text.parse::<f64>().map(f64::to_bits) == Ok(sum.to_bits()),
    };
    assert!(sums.iter().any(is), "{text} of {sums:?}");
}

/// Checks OTLP against what was recorded, as opentelemetry-proto decodes it.
pub fn check_otlp(steps: &[Step], resource: &[(String, String)], start: u64, time: u64) {
    let (set, recorded) = record(steps);
    let resource: Vec<_> = resource.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut scratch = [u32::MAX; Set::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    set.visit(&mut measure).unwrap();
    let mut bytes = Vec::new();
    let mut out = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<(), std::convert::Infallible>(())
    };
    let mut writer = measure.writer(&Head { resource: &resource, start, time }, &mut out).unwrap();
    set.visit(&mut writer).unwrap();
    assert!(writer.is_complete());

    let request = ExportMetricsServiceRequest::decode(bytes.as_slice()).expect("protobuf");
    let [resource_metrics] = request.resource_metrics.as_slice() else { panic!("{request:?}") };
    let attributes = &resource_metrics.resource.as_ref().expect("a resource").attributes;
    let expected: Labels = resource.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(labels(attributes), expected);
    let [scope_metrics] = resource_metrics.scope_metrics.as_slice() else { panic!("{request:?}") };
    let scope = scope_metrics.scope.as_ref().expect("a scope");
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("test.models", env!("CARGO_PKG_VERSION")));

    assert_eq!(scope_metrics.metrics.len(), recorded.metrics.len());
    for (metric, ([name, _, unit, _, help], mut series)) in scope_metrics.metrics.iter().zip(recorded.metrics) {
        assert_eq!([metric.name.as_str(), &metric.unit, &metric.description], [name, unit, help]);
        let mut take = |attributes: &[KeyValue], at: (u64, u64)| {
            assert_eq!(at, (start, time));
            let labels = labels(attributes);
            series.remove(&labels).unwrap_or_else(|| panic!("nobody recorded {labels:?}, or it is there twice"))
        };
        match metric.data.as_ref().expect("data") {
            Data::Sum(sum) => {
                assert_eq!(sum.aggregation_temporality, 2, "cumulative");
                for point in &sum.data_points {
                    let held = take(&point.attributes, (point.start_time_unix_nano, point.time_unix_nano));
                    assert_eq!(sum.is_monotonic, matches!(held, Held::Counter(_)));
                    same_number(&held, point.value);
                }
            }
            Data::Gauge(gauge) => {
                for point in &gauge.data_points {
                    let held = take(&point.attributes, (point.start_time_unix_nano, point.time_unix_nano));
                    assert!(matches!(held, Held::Gauge(_) | Held::Float(_)), "{held:?}");
                    same_number(&held, point.value);
                }
            }
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, 2, "cumulative");
                for point in &histogram.data_points {
                    let held = take(&point.attributes, (point.start_time_unix_nano, point.time_unix_nano));
                    let Held::Histogram { values, bounds, decimals } = held else { panic!("{held:?}") };
                    // The nearest float, as the standard library reads it.
                    let exported = |value: u64| format!("{value}e-{decimals}").parse::<f64>().unwrap();
                    assert_eq!(point.explicit_bounds, bounds.iter().copied().map(exported).collect::<Vec<_>>());
                    let counts: Vec<u64> = point
                        .bucket_counts
                        .iter()
                        .scan(0, |sum, count| {
                            *sum += count;
                            Some(*sum)
                        })
                        .collect();
                    let expected: Vec<u64> =
                        cumulative(&values, bounds).into_iter().map(|count| count as u64).collect();
                    assert_eq!(counts, expected);
                    assert_eq!(point.count, values.len() as u64);
                    let sum: u128 = values.iter().copied().map(u128::from).sum();
                    let sum = u64::try_from(sum).unwrap_or(u64::MAX);
                    let at_least = exported(sum.min(CEILING));
                    let shown = point.sum.expect("a sum");
                    assert!(at_least <= shown && shown <= exported(sum), "the sum {shown}, not {at_least}");
                }
            }
            other => panic!("{other:?}"),
        }
        assert!(series.is_empty(), "not exported: {series:?}");
    }
}

/// Checks that small requests together say what one large request says, point by point and in the same order, and that
/// each is within the limits.
pub fn check_split(steps: &[Step], resource: &[(String, String)], limits: Limits) {
    let (set, _) = record(steps);
    let resource: Vec<_> = resource.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let [whole] = requests(&set, &resource, Limits::NONE).try_into().expect("one request");
    let whole = single_points(&whole);
    let mut parts = Vec::new();
    for bytes in requests(&set, &resource, limits) {
        let points = single_points(&bytes);
        assert!(!points.is_empty(), "a request without data points");
        assert!(points.len() <= limits.points.max(1), "{} data points", points.len());
        assert!(bytes.len() <= limits.bytes || points.len() == 1, "{} bytes", bytes.len());
        parts.extend(points);
    }
    assert_eq!(parts, whole);
}

fn requests(set: &Set, resource: &[(&str, &str)], limits: Limits) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    let mut next = Some(Cursor::START);
    while let Some(from) = next {
        let mut scratch = [u32::MAX; Set::SCRATCH];
        let mut measure = Measure::new(&mut scratch).part(resource, limits, from);
        set.visit(&mut measure).unwrap();
        next = measure.rest();
        let points = measure.points();
        let mut bytes = Vec::new();
        let mut out = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok::<(), std::convert::Infallible>(())
        };
        let mut writer = measure.writer(&Head { resource, start: 1, time: 2 }, &mut out).unwrap();
        set.visit(&mut writer).unwrap();
        assert!(writer.is_complete());
        assert_eq!(single_points(&bytes).len(), points);
        requests.push(bytes);
    }
    requests
}

/// The data points of a request, each as the bytes of a request that holds nothing else.
fn single_points(bytes: &[u8]) -> Vec<Vec<u8>> {
    let request = ExportMetricsServiceRequest::decode(bytes).expect("protobuf");
    let [resource_metrics] = request.resource_metrics.as_slice() else { panic!("{request:?}") };
    let mut points = Vec::new();
    for scope_metrics in &resource_metrics.scope_metrics {
        for metric in &scope_metrics.metrics {
            let count = match metric.data.as_ref().expect("data") {
                Data::Sum(sum) => sum.data_points.len(),
                Data::Gauge(gauge) => gauge.data_points.len(),
                Data::Histogram(histogram) => histogram.data_points.len(),
                other => panic!("{other:?}"),
            };
            for at in 0..count {
                let mut metric = metric.clone();
                match metric.data.as_mut().expect("data") {
                    Data::Sum(sum) => sum.data_points = vec![sum.data_points.swap_remove(at)],
                    Data::Gauge(gauge) => gauge.data_points = vec![gauge.data_points.swap_remove(at)],
                    Data::Histogram(histogram) => histogram.data_points = vec![histogram.data_points.swap_remove(at)],
                    other => panic!("{other:?}"),
                }
                let scope_metrics = ScopeMetrics { metrics: vec![metric], ..scope_metrics.clone() };
                let resource = ResourceMetrics { scope_metrics: vec![scope_metrics], ..resource_metrics.clone() };
                points.push(ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec());
            }
        }
    }
    points
}

fn same_number(held: &Held, value: Option<number_data_point::Value>) {
    use number_data_point::Value::{AsDouble, AsInt};
    match (held, value.expect("a value")) {
        (Held::Counter(held), AsInt(value)) => assert_eq!(i64::try_from(*held), Ok(value)),
        // OTLP has no integer that is as large.
        (Held::Counter(held), AsDouble(value)) => assert!(i64::try_from(*held).is_err() && value == *held as f64),
        (Held::Sum(held) | Held::Gauge(held), AsInt(value)) => assert_eq!(*held, value),
        (Held::Float(held), AsDouble(value)) => assert_eq!(held.to_bits(), value.to_bits()),
        other => panic!("{other:?}"),
    }
}

/// Attributes as text; whether a value is one of text, a number or a truth is what its key says.
fn labels(attributes: &[KeyValue]) -> Labels {
    let text = |attribute: &KeyValue| {
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref()).expect("a value");
        match value {
            any_value::Value::StringValue(text) => text.clone(),
            any_value::Value::IntValue(number) if attribute.key == "dozen" => number.to_string(),
            any_value::Value::BoolValue(truth) if attribute.key == "is.it" || attribute.key == overflow()[0].0 => {
                truth.to_string()
            }
            other => panic!("{}: {other:?}", attribute.key),
        }
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}
