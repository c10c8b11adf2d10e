//! How full families are: counted exactly, and told in every format.
#![cfg(not(loom))]

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};
use picometer::encode::text::TextEncoder;
use picometer::encode::{Buffer, otlp};
use picometer::family::Keyed;
use picometer::instrument::{HttpSeconds, Instrument, Whole};
use picometer::label::NumberLabel;
use picometer::visit::{TooManyFamilies, Usage, UsageSet};
use picometer::{
    Counter, ExponentialHistogram, Family, FloatCounter, FloatExponentialHistogram, Gauge, Histogram, LabelSet,
    MetricSet, SignedExponentialHistogram, UpDownCounter, keyed,
};
use prost::Message;

type Size = NumberLabel<0, 99>;

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 8)]
struct Sparse {
    size: Size,
    ok: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct Dense {
    size: Size,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.usage")]
struct Parcels {
    /// Sent.
    #[metric(name = "parcels.sent", unit = "{parcel}")]
    sent: Family<Sparse, Counter>,
    /// Waiting.
    #[metric(name = "parcels.waiting", unit = "{parcel}")]
    waiting: Family<Sparse, Gauge>,
    /// A single series.
    #[metric(name = "vans")]
    vans: Gauge,
    /// How long.
    #[metric(name = "parcels.duration", unit = "s")]
    duration: Family<Dense, Histogram<HttpSeconds>>,
}

fn sparse(size: u32) -> Sparse {
    Sparse { size: NumberLabel::new(size), ok: true }
}

fn filled() -> Parcels {
    let parcels = Parcels::new();
    for size in 0..12 {
        parcels.sent.with(sparse(size)).add(100);
    }
    let kept = parcels.sent.with(sparse(50));
    kept.inc();
    kept.inc();
    parcels.waiting.with(sparse(1)).set(7);
    for size in [3, 3, 70, 2000] {
        parcels.duration.with(Dense { size: NumberLabel::new(size) }).record(1);
    }
    parcels
}

#[test]
fn a_family_tells_how_full_it_is() {
    let empty = Parcels::new();
    assert_eq!(empty.sent.usage(), Usage { series: 0, capacity: 8, overflowed: 0 });
    assert_eq!(empty.duration.usage(), Usage { series: 0, capacity: 101, overflowed: 0 });
    let parcels = filled();
    // Four sizes that had no room, and a fifth twice.
    assert_eq!(parcels.sent.usage(), Usage { series: 8, capacity: 8, overflowed: 402 });
    assert_eq!(parcels.waiting.usage(), Usage { series: 1, capacity: 8, overflowed: 0 });
    assert_eq!(parcels.duration.usage(), Usage { series: 3, capacity: 101, overflowed: 0 });
    parcels.sent.with(sparse(0)).inc();
    assert_eq!(parcels.sent.usage().overflowed, 402, "a series that is there does not count");
}

#[test]
fn what_overflowed_is_told_for_every_instrument() {
    fn overflowed<M: Instrument>(record: impl Fn(&M)) -> u64 {
        let family: keyed!(M, series = 1, words = 12) = Keyed::new();
        for n in 0..5 {
            record(family.with(&[("n", ["0", "1", "2", "3", "4"][n])]));
        }
        family.usage().overflowed
    }
    assert_eq!(overflowed(Counter::inc), 4);
    assert_eq!(overflowed(|counter: &FloatCounter| counter.add(2.5)), 10);
    assert_eq!(overflowed(|histogram: &Histogram<HttpSeconds>| histogram.record(7)), 4);
    assert_eq!(overflowed(|histogram: &ExponentialHistogram<Whole>| histogram.record(7)), 4);
    assert_eq!(overflowed(|histogram: &FloatExponentialHistogram| histogram.record(0.0)), 4);
    assert_eq!(overflowed(|histogram: &SignedExponentialHistogram| histogram.record(-7.0)), 4);
    assert_eq!(overflowed(|gauge: &Gauge| gauge.set(7)), 1);
    assert_eq!(overflowed(UpDownCounter::inc), 1);
}

/// Eight series and the overflow, four bytes for each key and each of 16 slots, and eight (four without 64-bit atomics).
#[test]
fn a_family_is_as_large_as_it_says() {
    let order = if cfg!(target_has_atomic = "64") { 8 } else { 4 };
    assert_eq!(size_of::<Family<Sparse, Counter>>(), 9 * 8 + 8 * 4 + 16 * 4 + order);
    let most = if cfg!(target_pointer_width = "64") { 40 } else { 32 };
    assert!(size_of::<UsageSet<10>>() <= 10 * most + 16, "{}", size_of::<UsageSet<10>>());
}

#[test]
fn usage_is_a_set_for_prometheus() {
    let parcels = filled();
    let mut usage = UsageSet::<{ Parcels::DESCRIPTORS.len() }>::new();
    parcels.visit(&mut usage).unwrap();
    // What is written is what was seen.
    parcels.sent.with(sparse(99)).inc();
    let mut bytes = [0; 4096];
    let mut out = Buffer::new(&mut bytes);
    usage.visit(&mut TextEncoder::new(&mut out)).unwrap();
    assert_eq!(
        std::str::from_utf8(out.written()).unwrap(),
        "# HELP picometer_family_series Series in use.\n\
         # TYPE picometer_family_series gauge\n\
         picometer_family_series{metric=\"parcels.sent\",scope=\"test.usage\"} 8\n\
         picometer_family_series{metric=\"parcels.waiting\",scope=\"test.usage\"} 1\n\
         picometer_family_series{metric=\"parcels.duration\",scope=\"test.usage\"} 3\n\
         # HELP picometer_family_capacity Series that there is room for.\n\
         # TYPE picometer_family_capacity gauge\n\
         picometer_family_capacity{metric=\"parcels.sent\",scope=\"test.usage\"} 8\n\
         picometer_family_capacity{metric=\"parcels.waiting\",scope=\"test.usage\"} 8\n\
         picometer_family_capacity{metric=\"parcels.duration\",scope=\"test.usage\"} 101\n\
         # HELP picometer_family_overflow_total Recordings in the overflow, for which there was no series.\n\
         # TYPE picometer_family_overflow_total counter\n\
         picometer_family_overflow_total{metric=\"parcels.sent\",scope=\"test.usage\"} 402\n\
         picometer_family_overflow_total{metric=\"parcels.waiting\",scope=\"test.usage\"} 0\n\
         picometer_family_overflow_total{metric=\"parcels.duration\",scope=\"test.usage\"} 0\n"
    );
}

#[test]
fn usage_is_a_set_for_otlp() {
    let parcels = filled();
    let mut usage = UsageSet::<5>::new();
    parcels.visit(&mut usage).unwrap();
    let mut scratch = [u32::MAX; UsageSet::<5>::SCRATCH];
    let mut measure = otlp::Measure::new(&mut scratch);
    usage.visit(&mut measure).unwrap();
    let mut bytes = [0; 4096];
    let mut out = Buffer::new(&mut bytes);
    let mut writer = measure.writer(&otlp::Head { resource: &[], start: 1, time: 2 }, &mut out).unwrap();
    usage.visit(&mut writer).unwrap();
    assert!(writer.is_complete());

    let request = ExportMetricsServiceRequest::decode(out.written()).expect("protobuf");
    let scope_metrics = &request.resource_metrics[0].scope_metrics[0];
    assert_eq!(scope_metrics.scope.as_ref().unwrap().name, "picometer");
    let read: Vec<_> = scope_metrics
        .metrics
        .iter()
        .map(|metric| {
            let Some(Data::Sum(sum)) = &metric.data else { panic!("{metric:?}") };
            let points = sum.data_points.iter().map(|point| {
                let value = point.attributes[0].value.as_ref().unwrap().value.clone().unwrap();
                (point.attributes[0].key.as_str(), value, point.value.unwrap())
            });
            (metric.name.as_str(), sum.is_monotonic, points.collect::<Vec<_>>())
        })
        .collect();
    let points = |values: [i64; 3]| {
        let names = ["parcels.sent", "parcels.waiting", "parcels.duration"];
        let point = |(name, value): (&str, i64)| ("metric", Any::StringValue(name.into()), Value::AsInt(value));
        names.into_iter().zip(values).map(point).collect::<Vec<_>>()
    };
    assert_eq!(
        read,
        [
            ("picometer.family.series", false, points([8, 1, 3])),
            ("picometer.family.capacity", false, points([8, 8, 101])),
            ("picometer.family.overflow", true, points([402, 0, 0])),
        ]
    );
}

#[test]
fn families_beyond_the_room_are_an_error() {
    let parcels = filled();
    let mut usage = UsageSet::<2>::new();
    assert_eq!(parcels.visit(&mut usage), Err(TooManyFamilies));
    assert_eq!(usage.families().len(), 2, "those before are there");
}

#[test]
fn lookups_that_overflow_are_counted_exactly_by_many_threads() {
    static PARCELS: Parcels = Parcels::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for step in 0..10_000 {
                    PARCELS.sent.with(sparse(step % 100)).inc();
                }
            });
        }
    });
    // 40,000 lookups, of which eight of a hundred sizes found room.
    let overflowed = PARCELS.sent.usage().overflowed;
    let mut bytes = [0; 4096];
    let mut out = Buffer::new(&mut bytes);
    PARCELS.visit(&mut TextEncoder::new(&mut out)).unwrap();
    let text = std::str::from_utf8(out.written()).unwrap();
    assert_eq!(overflowed, 40_000 * 92 / 100);
    assert!(text.contains(&format!("parcels_sent_total{{otel_metric_overflow=\"true\"}} {overflowed}\n")), "{text}");
}
