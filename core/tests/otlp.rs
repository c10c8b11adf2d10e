//! The OTLP bytes, decoded by opentelemetry-proto, are what was recorded, field by field.
#![cfg(not(loom))]

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point::Value};
use picometer::encode::otlp::{Error, Head, Measure};
use picometer::encode::{Buffer, Full};
use picometer::label::{HttpStatus, NumberLabel};
use picometer::{
    Counter, Family, FloatGauge, Gauge, Histogram, Label, LabelSet, Learned, MetricSet, UpDownCounter,
    instrument::DbSeconds,
};
use prost::Message;

#[derive(Label, Clone, Copy)]
#[label(capacity = 3, max_len = 200)]
struct Place(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 4)]
struct Where {
    #[label(name = "the.place")]
    place: Place,
    ok: bool,
    status: HttpStatus,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.otlp")]
struct All {
    /// A counter.
    #[metric(name = "a.counter", unit = "{thing}")]
    counter: Counter,
    /// A sum.
    #[metric(name = "a.sum", unit = "By")]
    sum: UpDownCounter,
    /// A gauge.
    #[metric(name = "a.gauge", unit = "Cel")]
    gauge: Gauge,
    /// A gauge that is never set.
    #[metric(name = "a.silent.gauge", unit = "1")]
    silent: Gauge,
    /// A float gauge.
    #[metric(name = "a.float", unit = "1")]
    float: FloatGauge,
    /// A family of counters.
    #[metric(name = "a.family", unit = "{thing}")]
    family: Family<Where, Counter>,
    /// A family of histograms.
    #[metric(name = "a.duration", unit = "s")]
    duration: Family<Where, Histogram<DbSeconds>>,
    /// A family without series.
    #[metric(name = "an.empty.family", unit = "s")]
    empty: Family<Where, Counter>,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.silent")]
struct Silent {
    /// Never set.
    #[metric(name = "silent", unit = "1")]
    gauge: Gauge,
}

fn encode(all: &All, silent: &Silent) -> ExportMetricsServiceRequest {
    let mut scratch = [u32::MAX; All::SCRATCH + Silent::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    all.visit(&mut measure).unwrap();
    silent.visit(&mut measure).unwrap();
    let mut bytes = vec![0; 1 << 16];
    let mut out = Buffer::new(&mut bytes);
    let head = Head { resource: &[("service.name", "test"), ("host.name", "é")], start: 10, time: 20 };
    let mut writer = measure.writer(&head, &mut out).unwrap();
    all.visit(&mut writer).unwrap();
    // Learned after it was measured: it must wait for the next request.
    all.family.with(Where { place: Place::learn("late"), ok: true, status: HttpStatus::new(200) }).add(99);
    silent.visit(&mut writer).unwrap();
    assert!(writer.is_complete());
    ExportMetricsServiceRequest::decode(out.written()).expect("protobuf")
}

fn attributes(attributes: &[KeyValue]) -> Vec<(&str, Any)> {
    let value = |attribute: &KeyValue| attribute.value.clone().unwrap().value.unwrap();
    attributes.iter().map(|attribute| (attribute.key.as_str(), value(attribute))).collect()
}

fn place(place: &str, ok: bool, status: i64) -> Vec<(&'static str, Any)> {
    vec![("the.place", Any::StringValue(place.into())), ("ok", Any::BoolValue(ok)), ("status", Any::IntValue(status))]
}

#[test]
fn every_instrument_arrives_field_by_field() {
    static ALL: All = All::new();
    static SILENT: Silent = Silent::new();
    let long = "x".repeat(200);
    ALL.counter.add((1 << 63) - 5);
    ALL.counter.add(7);
    ALL.sum.add(-7);
    ALL.gauge.set(i64::MIN);
    ALL.float.set(0.1);
    for (name, ok, status, n) in [("", false, 100, 1), (long.as_str(), true, 599, 300), ("é\"\n", true, 7, 2)] {
        let labels = Where { place: Place::learn(name), ok, status: HttpStatus::new(status) };
        ALL.family.with(labels).add(n);
        ALL.duration.with(labels).record(n * 1_000_000);
        ALL.duration.with(labels).record(u64::MAX / 4);
    }

    let request = encode(&ALL, &SILENT);
    let [resource_metrics] = request.resource_metrics.as_slice() else { panic!("{request:?}") };
    let resource = resource_metrics.resource.as_ref().unwrap();
    let text = |text: &str| Any::StringValue(text.into());
    assert_eq!(attributes(&resource.attributes), [("service.name", text("test")), ("host.name", text("é"))]);
    // The set that has nothing to say is left out.
    let [scope_metrics] = resource_metrics.scope_metrics.as_slice() else { panic!("{request:?}") };
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let scope = InstrumentationScope { name: "test.otlp".into(), version, ..Default::default() };
    assert_eq!(scope_metrics.scope, Some(scope));

    let metrics = &scope_metrics.metrics;
    let names: Vec<_> = metrics.iter().map(|m| (m.name.as_str(), m.unit.as_str(), m.description.as_str())).collect();
    assert_eq!(
        names,
        [
            ("a.counter", "{thing}", "A counter."),
            ("a.sum", "By", "A sum."),
            ("a.gauge", "Cel", "A gauge."),
            ("a.float", "1", "A float gauge."),
            ("a.family", "{thing}", "A family of counters."),
            ("a.duration", "s", "A family of histograms."),
        ]
    );

    let numbers = |metric: &Metric| {
        let (points, sum) = match metric.data.as_ref().unwrap() {
            Data::Sum(sum) => (&sum.data_points, Some((sum.aggregation_temporality, sum.is_monotonic))),
            Data::Gauge(gauge) => (&gauge.data_points, None),
            other => panic!("{other:?}"),
        };
        let value = |value: &Option<Value>| value.unwrap();
        for point in points {
            assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (10, 20));
        }
        let points: Vec<_> =
            points.iter().map(|p| (format!("{:?}", attributes(&p.attributes)), value(&p.value))).collect();
        (points, sum)
    };
    let none = || format!("{:?}", attributes(&[]));
    // Above what a signed integer holds, the same eight bytes are a double.
    assert_eq!(numbers(&metrics[0]), (vec![(none(), Value::AsDouble(((1_u64 << 63) + 2) as f64))], Some((2, true))));
    assert_eq!(numbers(&metrics[1]), (vec![(none(), Value::AsInt(-7))], Some((2, false))));
    assert_eq!(numbers(&metrics[2]), (vec![(none(), Value::AsInt(i64::MIN))], None));
    assert_eq!(numbers(&metrics[3]), (vec![(none(), Value::AsDouble(0.1))], None));
    let expected = [place("", false, 100), place(&long, true, 599), place("é\"\n", true, -1)];
    let [first, second, third] = expected.clone().map(|labels| format!("{labels:?}"));
    let counts = [(first, Value::AsInt(1)), (second, Value::AsInt(300)), (third, Value::AsInt(2))];
    assert_eq!(numbers(&metrics[4]), (counts.to_vec(), Some((2, true))));

    let Some(Data::Histogram(histogram)) = &metrics[5].data else { panic!("{:?}", metrics[5]) };
    assert_eq!(histogram.aggregation_temporality, 2);
    assert_eq!(histogram.data_points.len(), 3);
    for ((point, labels), n) in histogram.data_points.iter().zip(expected).zip([1_u64, 300, 2]) {
        assert_eq!(attributes(&point.attributes), labels);
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano, point.count), (10, 20, 2));
        assert_eq!(point.explicit_bounds, [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0]);
        let bucket = point.explicit_bounds.iter().filter(|bound| **bound < n as f64 / 1e3).count();
        let mut counts = [0; 10];
        counts[bucket] += 1;
        counts[9] += 1;
        assert_eq!(point.bucket_counts, counts);
        // Rounded once, as the standard library reads it.
        let sum = n * 1_000_000 + u64::MAX / 4;
        let sum = format!("{}.{:09}", sum / 1_000_000_000, sum % 1_000_000_000);
        assert_eq!(point.sum, Some(sum.parse().unwrap()));
        assert_eq!((point.min, point.max), (None, None));
    }

    let again = encode(&ALL, &SILENT);
    let late = format!("{:?}", place("_OTHER", true, 200));
    let (points, _) = numbers(&again.resource_metrics[0].scope_metrics[0].metrics[4]);
    assert!(points.contains(&(late, Value::AsInt(99))), "the fourth place is `_OTHER`: {points:?}");
}

#[derive(LabelSet, Clone, Copy)]
struct Typed {
    /// Absent, a number, or one out of bounds: three series.
    attempt: Option<NumberLabel<1, 3>>,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.typed")]
struct Types {
    /// Attempts.
    #[metric(name = "attempts")]
    attempts: Family<Typed, Counter>,
}

#[test]
fn the_values_of_a_key_are_of_one_type() {
    static TYPES: Types = Types::new();
    for (attempt, n) in [(None, 1), (Some(0), 2), (Some(1), 3), (Some(3), 4), (Some(4), 5), (Some(u32::MAX), 6)] {
        TYPES.attempts.with(Typed { attempt: attempt.map(NumberLabel::new) }).add(n);
    }
    let mut scratch = [0; Types::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    TYPES.visit(&mut measure).unwrap();
    let mut bytes = [0; 1000];
    let mut out = Buffer::new(&mut bytes);
    let mut writer = measure.writer(&Head { resource: &[], start: 0, time: 0 }, &mut out).unwrap();
    TYPES.visit(&mut writer).unwrap();
    assert!(writer.is_complete());
    let request = ExportMetricsServiceRequest::decode(out.written()).expect("protobuf");
    let metric = &request.resource_metrics[0].scope_metrics[0].metrics[0];
    let Some(Data::Sum(sum)) = &metric.data else { panic!("{metric:?}") };
    let points: Vec<_> = sum.data_points.iter().map(|p| (attributes(&p.attributes), p.value.unwrap())).collect();
    let point = |attempt: i64, n| (vec![("attempt", Any::IntValue(attempt))], Value::AsInt(n));
    assert_eq!(points, [point(1, 3), point(3, 4), point(-1, 2 + 5 + 6), (vec![], Value::AsInt(1))]);
}

#[test]
fn too_little_room_is_an_error() {
    static ALL: All = All::new();
    static SILENT: Silent = Silent::new();
    let mut scratch = [0; All::SCRATCH - 1];
    assert_eq!(ALL.visit(&mut Measure::new(&mut scratch)), Err(Error::Scratch));

    let mut scratch = [0; All::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    ALL.visit(&mut measure).unwrap();
    let mut bytes = [0; 60];
    let mut out = Buffer::new(&mut bytes);
    let head = Head { resource: &[], start: 0, time: 0 };
    let mut writer = measure.writer(&head, &mut out).unwrap();
    assert_eq!(ALL.visit(&mut writer), Err(Error::Sink(Full)));

    let mut scratch = [0; All::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    SILENT.visit(&mut measure).unwrap();
    let mut bytes = [0; 1000];
    let mut out = Buffer::new(&mut bytes);
    let mut writer = measure.writer(&head, &mut out).unwrap();
    assert_eq!(ALL.visit(&mut writer), Err(Error::Different));
}
