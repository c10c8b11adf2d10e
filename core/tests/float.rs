//! Floats, and smallest and largest values: what arrives is what was recorded.
#![cfg(not(loom))]

use std::thread;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, metric::Data, number_data_point::Value};
use picometer::encode::otlp::{Head, Measure};
use picometer::encode::text::TextEncoder;
use picometer::instrument::{Additive, DbSeconds, Nanoseconds, WithMinMax};
use picometer::visit::{Number, Point};
use picometer::{
    ExponentialHistogram, Family, FloatCounter, FloatExponentialHistogram, FloatHistogram, Histogram, LabelSet,
    MetricSet, SignedExponentialHistogram, buckets,
};
use prost::Message;

buckets! {
    Share = floats [0.0, 0.25, 0.5];
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 2)]
struct Which {
    which: bool,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.float")]
struct All {
    /// A float counter.
    #[metric(name = "busy", unit = "s")]
    busy: FloatCounter,
    /// A float histogram.
    #[metric(name = "share", unit = "1")]
    share: FloatHistogram<Share>,
    /// A float histogram with smallest and largest.
    #[metric(name = "share.ends", unit = "1")]
    share_ends: WithMinMax<FloatHistogram<Share>>,
    /// Durations with smallest and largest.
    #[metric(name = "duration.ends", unit = "s")]
    duration_ends: Family<Which, WithMinMax<Histogram<DbSeconds>>>,
    /// Exponential durations with smallest and largest.
    #[metric(name = "exponential.ends", unit = "s")]
    exponential_ends: WithMinMax<ExponentialHistogram<Nanoseconds>>,
    /// Exponential floats with smallest and largest.
    #[metric(name = "exponential.float.ends", unit = "1")]
    exponential_float_ends: WithMinMax<FloatExponentialHistogram>,
    /// Signed floats with smallest and largest.
    #[metric(name = "signed.ends", unit = "1")]
    signed_ends: WithMinMax<SignedExponentialHistogram>,
    /// Never recorded.
    #[metric(name = "silent.ends", unit = "1")]
    silent_ends: WithMinMax<FloatHistogram<Share>>,
}

fn encode(all: &All) -> Vec<Data> {
    let mut scratch = [u32::MAX; All::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    all.visit(&mut measure).unwrap();
    let mut bytes = Vec::new();
    let mut out = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<_, std::convert::Infallible>(())
    };
    let mut writer = measure.writer(&Head { resource: &[], start: 10, time: 20 }, &mut out).unwrap();
    all.visit(&mut writer).unwrap();
    assert!(writer.is_complete());
    let request = ExportMetricsServiceRequest::decode(bytes.as_slice()).expect("protobuf");
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    metrics.iter().map(|metric| metric.data.clone().unwrap()).collect()
}

#[test]
fn the_bytes_arrive_field_by_field() {
    static ALL: All = All::new();
    for value in [0.1, 0.2, -1.0, f64::NAN, f64::INFINITY, 0.0] {
        ALL.busy.add(value);
        ALL.share.record(value);
        ALL.share_ends.record(value);
        ALL.exponential_float_ends.record(value);
        ALL.signed_ends.record(value);
    }
    ALL.share_ends.record(7.0);
    let duration = ALL.duration_ends.with(Which { which: true });
    for nanoseconds in [5_000_000, 20_000_000_000, 1] {
        duration.record(nanoseconds);
    }
    // Claimed and not recorded: there, with nothing in it.
    ALL.duration_ends.with(Which { which: false });
    ALL.exponential_ends.record_duration(core::time::Duration::from_millis(7));

    let data = encode(&ALL);
    let [busy, share, share_ends, duration, exponential, exponential_float, signed] = data.as_slice() else {
        panic!("{data:?}")
    };
    let Data::Sum(sum) = busy else { panic!("{busy:?}") };
    assert!(sum.is_monotonic);
    assert_eq!(sum.data_points[0].value, Some(Value::AsDouble(0.1 + 0.2)));

    let points = |data: &Data| match data {
        Data::Histogram(histogram) => histogram.data_points.clone(),
        other => panic!("{other:?}"),
    };
    let expected = HistogramDataPoint {
        start_time_unix_nano: 10,
        time_unix_nano: 20,
        count: 3,
        sum: Some(0.1 + 0.2),
        bucket_counts: vec![1, 2, 0, 0],
        explicit_bounds: vec![0.0, 0.25, 0.5],
        ..Default::default()
    };
    assert_eq!(points(share), std::slice::from_ref(&expected));
    let with_ends = HistogramDataPoint {
        count: 4,
        sum: Some(0.1 + 0.2 + 7.0),
        bucket_counts: vec![1, 2, 0, 1],
        min: Some(0.0),
        max: Some(7.0),
        ..expected
    };
    assert_eq!(points(share_ends), [with_ends]);
    let ends: Vec<_> = points(duration).iter().map(|point| (point.count, point.min, point.max)).collect();
    assert_eq!(ends, [(3, Some(1e-9), Some(20.0))], "what holds nothing has no ends");

    for (data, count, sum, min, max) in [
        (exponential, 1, Some(0.007), 0.007, 0.007),
        (exponential_float, 3, Some(0.1 + 0.2), 0.0, 0.2),
        (signed, 4, None, -1.0, 0.2),
    ] {
        let Data::ExponentialHistogram(histogram) = data else { panic!("{data:?}") };
        let point = &histogram.data_points[0];
        assert_eq!((point.count, point.sum, point.min, point.max), (count, sum, Some(min), Some(max)));
    }
}

#[test]
fn prometheus_text_has_floats() {
    let all = Box::new(All::new());
    all.busy.add(0.5);
    all.share.record(0.3);
    let mut text = Vec::new();
    let mut out = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        Ok::<_, std::convert::Infallible>(())
    };
    let Ok(()) = all.visit(&mut TextEncoder::new(&mut out));
    let text = String::from_utf8(text).unwrap();
    for line in [
        "# TYPE busy_seconds_total counter",
        "busy_seconds_total 0.5",
        "share_bucket{le=\"0\"} 0",
        "share_bucket{le=\"0.25\"} 0",
        "share_bucket{le=\"0.5\"} 1",
        "share_bucket{le=\"+Inf\"} 1",
        "share_sum 0.3",
        "share_count 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    assert!(!text.contains("_ends"), "nothing was recorded there");
}

#[test]
fn two_threads_lose_nothing() {
    const EACH: u32 = 100_000;
    let counter = FloatCounter::new();
    let ends = WithMinMax::<FloatHistogram<Share>>::new();
    let record = |first: u32| {
        for n in 0..EACH {
            counter.add(0.25);
            ends.record(f64::from(first + n));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| record(1));
        scope.spawn(|| record(EACH + 1));
    });
    assert_eq!(counter.total(), f64::from(EACH) / 2.0);
    assert_eq!(ends.distribution().count(), 2 * u64::from(EACH));
    assert_eq!(ends.min_max(), Some((1.0, 2.0 * f64::from(EACH))));
}

#[test]
fn a_float_counter_stays_finite() {
    let counter = FloatCounter::new();
    counter.add(f64::MAX);
    counter.add(f64::MAX);
    assert_eq!(counter.total(), f64::MAX);
}

/// What a family of two stripes shows of `M` after `record` on each.
fn of_two_stripes<M: Additive>(record: impl Fn(&M), seen: impl Fn(Point<'_>) -> f64) -> f64 {
    let cells = [M::INIT, M::INIT];
    cells.iter().for_each(record);
    M::merged([&cells[0], &cells[1]], seen)
}

#[test]
fn totals_of_several_stripes_stay_finite() {
    let sum = |point: Point<'_>| match point {
        Point::Number(Number::Float(total)) => total,
        Point::Histogram(point) => point.sum.to_f64(),
        Point::Exponential(point) => point.sum.to_f64(),
        other => panic!("{other:?}"),
    };
    assert_eq!(of_two_stripes(|cell: &FloatCounter| cell.add(f64::MAX), sum), f64::MAX);
    assert_eq!(of_two_stripes(|cell: &FloatHistogram<Share>| cell.record(f64::MAX), sum), f64::MAX);
    assert_eq!(of_two_stripes(|cell: &FloatExponentialHistogram| cell.record(f64::MAX), sum), f64::MAX);
    assert_eq!(of_two_stripes(|cell: &SignedExponentialHistogram| cell.record(f64::MAX), sum), f64::MAX);
    assert_eq!(of_two_stripes(|cell: &SignedExponentialHistogram| cell.record(-f64::MAX), sum), f64::MIN);
}
