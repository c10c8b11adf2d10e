//! Series that Prometheus cannot tell apart are added up there, and stay apart in OTLP; what was never set is not shown.
#![cfg(not(loom))]

mod common;

use std::convert::Infallible;
use std::thread;

use common::series;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use picometer::encode::Sink;
use picometer::encode::openmetrics::OpenMetricsEncoder;
use picometer::encode::otlp::{Head, Measure};
use picometer::encode::text::TextEncoder;
use picometer::family::Keyed;
use picometer::instrument::{Whole, WithMinMax};
use picometer::visit::{Descriptor, Metric, Visitor};
use picometer::{
    Counter, ExponentialHistogram, Family, FloatGauge, Gauge, Histogram, Label, LabelSet, Learned, MetricSet,
    UpDownCounter, keyed,
};
use prost::Message;

static DESCRIPTOR: Descriptor = Descriptor { name: "m", prometheus: "m", help: "M.", unit: "", unit_words: "" };

/// The lines of a metric's samples, in Prometheus text.
fn lines<M: Metric>(metric: &M) -> Vec<String> {
    samples(|out| TextEncoder::new(out).metric(&DESCRIPTOR, metric))
}

/// The lines of a metric's samples, in OpenMetrics.
fn openmetrics_lines<M: Metric>(metric: &M) -> Vec<String> {
    samples(|out| OpenMetricsEncoder::new(out).metric(&DESCRIPTOR, metric))
}

fn samples(encode: impl FnOnce(&mut Bytes) -> Result<(), Infallible>) -> Vec<String> {
    let mut bytes = Bytes(Vec::new());
    let Ok(()) = encode(&mut bytes);
    let text = String::from_utf8(bytes.0).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn an_empty_and_an_absent_label_are_one_series_for_prometheus() {
    let family: keyed!(Counter, series = 8, words = 12) = Keyed::new();
    family.with(&[("a", "1"), ("b", "")]).add(1);
    family.with(&[("a", "1")]).add(10);
    family.with(&[("a", "1"), ("c", "")]).add(100);
    family.with(&[("a", "2")]).add(1000);
    assert_eq!(openmetrics_lines(&family), lines(&family));
    let mut lines = lines(&family);
    lines.sort();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("m_total{a=\"1\"") && lines[0].ends_with(" 111"), "{lines:?}");
    assert_eq!(lines[1], "m_total{a=\"2\"} 1000");
    assert_eq!(series(&family).len(), 4, "each list is a series for whoever can tell them apart");
}

#[test]
fn keys_that_prometheus_spells_alike_are_one_series_there() {
    let family: keyed!(Counter, series = 8, words = 12) = Keyed::new();
    family.with(&[("x.y", "1")]).add(1);
    family.with(&[("x_y", "1")]).add(10);
    family.with(&[("x-y", "1")]).add(100);
    family.with(&[("x_y", "2")]).add(1000);
    family.with(&[("1a", "1")]).add(1);
    family.with(&[("_1a", "1")]).add(2);
    let mut lines = lines(&family);
    lines.sort();
    assert_eq!(lines, ["m_total{_1a=\"1\"} 3", "m_total{x_y=\"1\"} 111", "m_total{x_y=\"2\"} 1000"]);
}

#[test]
fn keys_of_one_list_that_prometheus_spells_alike_are_joined_in_the_order_of_the_keys() {
    let family: keyed!(Counter, series = 8, words = 16) = Keyed::new();
    family.with(&[("a.b", "1"), ("a0b", "x"), ("a_b", "2")]).add(1);
    family.with(&[("a_b", "3"), ("a.b", "4")]).add(2);
    family.with(&[("a_b", "4;3")]).add(4);
    family.with(&[("a.b", ""), ("a_b", "")]).add(8);
    let mut lines = lines(&family);
    lines.sort();
    assert_eq!(lines, ["m_total{a_b=\"1;2\",a0b=\"x\"} 1", "m_total{a_b=\"4;3\"} 6", "m_total{a_b=\";\"} 8"]);
    assert_eq!(family.usage().overflowed, 0);
}

#[derive(Label, Clone, Copy)]
#[label(capacity = 4, max_len = 15)]
struct Zone(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 8)]
struct Wide {
    zone: Option<Zone>,
    even: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct Narrow {
    even: bool,
    zone: Option<Zone>,
}

#[test]
fn no_label_and_an_empty_one_are_one_series_for_prometheus_in_tables_of_labels() {
    let sparse: Family<Wide, Counter> = Family::new();
    let dense: Family<Narrow, Counter> = Family::new();
    for (zone, n) in [(Some(Zone::learn("")), 1), (None, 10), (Some(Zone::learn("eu")), 100)] {
        for even in [false, true] {
            sparse.with(Wide { zone, even }).add(n);
            dense.with(Narrow { zone, even }).add(2 * n);
        }
    }
    let totals = |mut lines: Vec<String>| {
        lines.sort();
        lines.iter().map(|line| line.rsplit_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(totals(lines(&sparse)), ["11", "11", "100", "100"].map(str::to_owned), "{:?}", lines(&sparse));
    assert_eq!(totals(lines(&dense)).iter().filter(|total| *total == "22").count(), 2, "{:?}", lines(&dense));
    assert_eq!(lines(&dense).len(), 4);
    assert_eq!((series(&sparse).len(), series(&dense).len()), (6, 6));
}

#[derive(Label, Clone, Copy)]
enum Mood {
    Good,
    #[label("")]
    Unknown,
}

#[derive(LabelSet, Clone, Copy)]
struct Felt {
    mood: Option<Mood>,
    before: Option<Option<Mood>>,
}

#[test]
fn every_way_to_leave_a_label_out_is_one_series_for_prometheus() {
    let family: Family<Felt, Counter> = Family::new();
    for mood in [None, Some(Mood::Unknown), Some(Mood::Good)] {
        for before in [None, Some(None), Some(Some(Mood::Unknown)), Some(Some(Mood::Good))] {
            family.with(Felt { mood, before }).inc();
        }
    }
    let mut lines = lines(&family);
    lines.sort();
    let sums = [
        "m_total 6",
        "m_total{before=\"good\"} 2",
        "m_total{mood=\"good\",before=\"good\"} 1",
        "m_total{mood=\"good\"} 3",
    ];
    assert_eq!(lines, sums);
}

#[test]
fn the_overflow_values_own_name_is_the_overflow() {
    assert_eq!(Zone::learn("_OTHER").index(), Zone::OTHER.index());
    let family: Family<Narrow, Counter> = Family::new();
    family.with(Narrow { zone: Some(Zone::learn("_OTHER")), even: true }).inc();
    family.with(Narrow { zone: Some(Zone::OTHER), even: true }).inc();
    family.with(Narrow { zone: Some(Zone::learn("longer than fifteen bytes")), even: true }).inc();
    assert_eq!(lines(&family), ["m_total{even=\"true\",zone=\"_OTHER\"} 3"]);
}

picometer::buckets! { Two = whole [10, 20]; }

#[test]
fn every_kind_of_point_is_added_up() {
    let one: &[(&str, &str)] = &[("a", "1")];
    let same: &[(&str, &str)] = &[("a", "1"), ("b", "")];

    let sums: keyed!(UpDownCounter, series = 4, words = 8) = Keyed::new();
    sums.with(one).add(-5);
    sums.with(same).add(3);
    assert_eq!(lines(&sums), ["m{a=\"1\"} -2"]);

    let gauges: keyed!(FloatGauge, series = 4, words = 8) = Keyed::new();
    gauges.with(one).set(1.5);
    gauges.with(same).set(2.0);
    assert!(lines(&gauges)[0].ends_with(" 3.5") && lines(&gauges).len() == 1, "{:?}", lines(&gauges));

    let whole: keyed!(Gauge, series = 4, words = 8) = Keyed::new();
    whole.with(one).set(i64::MAX);
    whole.with(same).set(5);
    assert_eq!(lines(&whole), [format!("m{{a=\"1\"}} {}", i64::MAX)]);

    let times: keyed!(Histogram<Two>, series = 4, words = 8) = Keyed::new();
    times.with(one).record(5);
    times.with(same).record(15);
    times.with(same).record(100);
    let values = |lines: &[String]| {
        lines.iter().map(|line| line.rsplit_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(values(&lines(&times)), "1 2 3 120 3");

    let spread: keyed!(ExponentialHistogram<Whole>, series = 4, words = 8) = Keyed::new();
    spread.with(one).record(0);
    spread.with(same).record(3);
    spread.with(same).record(5);
    let lines = lines(&spread);
    assert!(lines.iter().any(|line| line.contains("le=\"4") && line.ends_with(" 2")), "{lines:?}");
    assert!(lines[lines.len() - 2].ends_with("} 8") && lines[lines.len() - 1].ends_with("} 3"), "{lines:?}");
}

#[derive(MetricSet)]
#[metric_set(scope = "test.coinciding")]
struct Set {
    /// Keyed.
    #[metric(name = "keyed")]
    keyed: keyed!(Counter, series = 4, words = 8),
    /// Never set in one of its series.
    #[metric(name = "gauges")]
    gauges: keyed!(Gauge, series = 4, words = 8),
    /// Never set.
    #[metric(name = "sparse.gauges")]
    sparse_gauges: Family<Wide, Gauge>,
    /// Never recorded in.
    #[metric(name = "times")]
    times: Family<Wide, WithMinMax<Histogram<Two>>>,
}

/// How many data points each metric has, by its name.
fn pushed(set: &Set) -> Vec<(String, usize)> {
    let mut scratch = [0; Set::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    set.visit(&mut measure).unwrap();
    let mut out = Bytes(Vec::new());
    let mut writer = measure.writer(&Head { resource: &[], start: 1, time: 2 }, &mut out).unwrap();
    set.visit(&mut writer).unwrap();
    let request = ExportMetricsServiceRequest::decode(out.0.as_slice()).unwrap();
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let points = |data: Option<&Data>| match data {
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        other => panic!("{other:?}"),
    };
    scopes.flat_map(|scope| &scope.metrics).map(|metric| (metric.name.clone(), points(metric.data.as_ref()))).collect()
}

#[test]
fn otlp_keeps_apart_what_it_can_tell_apart() {
    let set = Set::new();
    set.keyed.with(&[("a", "1"), ("b", "")]).inc();
    set.keyed.with(&[("a", "1")]).inc();
    set.keyed.with(&[("a.b", "1")]).inc();
    set.keyed.with(&[("a_b", "1")]).inc();
    assert_eq!(pushed(&set), [("keyed".to_owned(), 4)]);
}

#[test]
fn a_gauge_that_was_never_set_is_not_shown() {
    let set = Set::new();
    let kept = set.gauges.with(&[("a", "1")]);
    let sparse = set.sparse_gauges.with(Wide { zone: None, even: true });
    let dense: Family<Narrow, Gauge> = Family::new();
    let _ = dense.with(Narrow { zone: None, even: true });
    assert!(lines(&set.gauges).is_empty() && lines(&set.sparse_gauges).is_empty() && lines(&dense).is_empty());
    assert!(pushed(&set).is_empty(), "{:?}", pushed(&set));
    kept.set(7);
    sparse.set(0);
    // One that Prometheus takes for it holds nothing, and adds nothing.
    let _ = set.gauges.with(&[("a", "1"), ("b", "")]);
    assert_eq!(lines(&set.gauges), ["m{a=\"1\"} 7"]);
    assert_eq!(lines(&set.sparse_gauges), ["m{even=\"true\"} 0"]);
    assert_eq!(pushed(&set), [("gauges".to_owned(), 1), ("sparse.gauges".to_owned(), 1)]);
}

#[test]
fn a_series_whose_leader_was_never_set_is_shown() {
    let gauges: keyed!(Gauge, series = 4, words = 8) = Keyed::new();
    let _ = gauges.with(&[("a", "1"), ("b", "")]);
    gauges.with(&[("a", "1")]).set(7);
    let lines = lines(&gauges);
    assert!(lines.len() == 1 && lines[0].ends_with(" 7"), "{lines:?}");
}

/// A gauge that only ever holds 7 is claimed and set while others scrape.
#[test]
fn no_scrape_shows_a_value_that_a_gauge_never_held() {
    let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    for _ in 0..300 {
        let keyed: keyed!(Gauge, series = 20, words = 8) = Keyed::new();
        thread::scope(|scope| {
            let setting = scope.spawn(|| names.iter().for_each(|name| keyed.with(&[("n", name.as_str())]).set(7)));
            while !setting.is_finished() {
                assert!(lines(&keyed).iter().all(|line| line.ends_with(" 7")));
            }
        });
        assert_eq!(lines(&keyed).len(), names.len());
    }
}

#[test]
fn a_histogram_that_holds_nothing_has_no_smallest_and_no_largest_value() {
    let set = Set::new();
    let times = set.times.with(Wide { zone: None, even: true });
    assert!(pushed(&set).is_empty(), "{:?}", pushed(&set));
    times.record(12);
    assert_eq!(pushed(&set), [("times".to_owned(), 1)]);
}

#[test]
fn every_table_shows_a_zero_that_was_added() {
    let dense: Family<Narrow, Counter> = Family::new();
    let sparse: Family<Wide, Counter> = Family::new();
    let keyed: keyed!(Counter, series = 4, words = 8) = Keyed::new();
    dense.with(Narrow { even: true, zone: None }).add(0);
    sparse.with(Wide { even: true, zone: None }).add(0);
    keyed.with(&[("even", "true")]).add(0);
    for lines in [lines(&dense), lines(&sparse), lines(&keyed)] {
        assert_eq!(lines, ["m_total{even=\"true\"} 0"]);
    }
    assert_eq!(dense.usage().series, 1);
}

/// Whatever lists two threads record into, in whatever order, each scrape shows each series of Prometheus once.
#[test]
fn scrapes_are_exact_while_series_that_coincide_are_entered() {
    let family: keyed!(Counter, series = 64, words = 12) = Keyed::new();
    thread::scope(|scope| {
        for thread in 0..2 {
            let family = &family;
            scope.spawn(move || {
                for n in 0..64 {
                    let value = (n % 16).to_string();
                    let keys = ["a.b", "a_b", "a-b", "a/b"];
                    family.with(&[(keys[(n / 16 + thread) % 4], value.as_str())]).inc();
                }
            });
        }
        for _ in 0..50 {
            let mut names: Vec<String> =
                lines(&family).iter().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
            let shown = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), shown, "a series is there twice");
        }
    });
    let lines = lines(&family);
    assert_eq!(lines.len(), 16);
    assert!(lines.iter().all(|line| line.ends_with(" 8")), "{lines:?}");
}
