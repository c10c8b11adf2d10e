//! The models, on what proptest thinks of. The fuzz targets check the same ones for longer.
#![cfg(not(loom))]

mod models;

use models::exposition::Format;
use models::{Labels, encoded, exponential, families, histogram, keyed, learned};
use picometer::encode::otlp::Limits;
use proptest::collection::vec;
use proptest::prelude::*;

/// Mostly short and of a few characters, so that the same text comes again; now and then anything.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ab._1]{0,3}",
        1 => "[\\\\\"\n\r\t{}=,#é🦀\0]{0,4}",
        1 => prop::sample::select(vec!["le", "quantile", "otel.scope.name", "x".repeat(7).leak(), "x".repeat(8).leak()])
            .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a-z]{0,60}",
    ]
}

fn labels() -> impl Strategy<Value = Labels> {
    prop_oneof![9 => vec((text(), text()), 0..5), 1 => vec(("[a-z]{1,2}", "[ab]?"), 14..20)]
}

fn steps() -> impl Strategy<Value = Vec<encoded::Step>> {
    let value = prop_oneof![0_u64..3, 0..u64::from(u32::MAX), any::<u64>()];
    vec((any::<u8>(), labels(), any::<families::Choice>(), value, any::<u8>()), 0..24)
}

/// Lists that differ, many of which are the same for Prometheus.
fn alike() -> impl Strategy<Value = Vec<encoded::Step>> {
    let key = prop::sample::select(vec!["a.b", "a_b", "a-b", "1a", "_1a", "a"]).prop_map(str::to_owned);
    let value = prop::sample::select(vec!["", "1", "1;2", "2", ";"]).prop_map(str::to_owned);
    // Run-time keys of counters, of gauges and of histograms.
    vec((4_u8..7, vec((key, value), 0..4), any::<families::Choice>(), 0_u64..100, 0_u8..200), 0..24)
}

proptest! {
    // What is found becomes a test of its own, and no file beside this one.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn learned_labels_are_a_map(names in vec(text(), 0..20)) {
        learned::check(&names);
    }

    #[test]
    fn families_are_maps(steps in vec(any::<families::Step>(), 0..40)) {
        families::check(&steps);
    }

    #[test]
    fn keyed_families_are_maps(steps in vec((labels(), any::<u8>(), any::<u32>(), any::<u8>()), 0..16)) {
        keyed::check(&steps);
    }

    #[test]
    fn histograms_are_sorted_vectors(
        values in vec((prop_oneof![0_u64..1200, any::<u64>(), Just(u64::MAX)], any::<u8>()), 0..40),
        durations in vec((prop_oneof![0_u64..12, any::<u64>()], any::<u32>()), 0..10),
    ) {
        histogram::check(&values, &durations);
        exponential::check(&values);
    }

    #[test]
    fn prometheus_text_reads_back(steps in steps(), scope: bool, resource in vec((text(), text()), 0..4)) {
        encoded::check_text(Format::Text, &steps, scope, &resource);
    }

    #[test]
    fn openmetrics_reads_back(steps in steps(), scope: bool, resource in vec((text(), text()), 0..4)) {
        encoded::check_text(Format::OpenMetrics, &steps, scope, &resource);
    }

    /// The sum over the series that Prometheus reads is what was recorded; OTLP keeps all lists apart.
    #[test]
    fn coinciding_series_read_back(steps in alike()) {
        encoded::check_text(Format::Text, &steps, false, &[]);
        encoded::check_text(Format::OpenMetrics, &steps, true, &[]);
        encoded::check_otlp(&steps, &[], 1, 2);
    }

    #[test]
    fn otlp_reads_back(steps in steps(), resource in vec((text(), text()), 0..4), times: (u64, u64)) {
        encoded::check_otlp(&steps, &resource, times.0, times.1);
    }

    #[test]
    fn small_otlp_requests_are_one_large_one(
        steps in steps(),
        resource in vec((text(), text()), 0..4),
        bytes in prop_oneof![0_usize..200, 200_usize..4000],
        points in prop_oneof![Just(usize::MAX), 0_usize..10],
    ) {
        encoded::check_split(&steps, &resource, Limits { bytes, points });
    }
}
