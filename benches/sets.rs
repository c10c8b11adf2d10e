//! What is scraped and pushed: many counters, and many histograms.

use picometer::instrument::HttpSeconds;
use picometer::{Counter, Histogram, MetricSet, keyed};

/// How many counters.
pub const COUNTERS: usize = 10_000;
/// How many histograms.
pub const HISTOGRAMS: usize = 1_000;

/// One family of counters.
#[derive(Debug, MetricSet)]
#[metric_set(scope = "bench")]
pub struct Counters {
    /// Requests answered.
    #[metric(name = "requests", unit = "{request}")]
    pub requests: keyed!(Counter, series = COUNTERS, words = 12),
}

/// One family of histograms of 14 bounds.
#[derive(Debug, MetricSet)]
#[metric_set(scope = "bench")]
pub struct Histograms {
    /// How long requests took.
    #[metric(name = "duration", unit = "s")]
    pub duration: keyed!(Histogram<HttpSeconds>, series = HISTOGRAMS, words = 12),
}

/// Those of whoever runs the benchmark.
pub static OUR_COUNTERS: Counters = Counters::new();
/// Those of whoever runs the benchmark.
pub static OUR_HISTOGRAMS: Histograms = Histograms::new();
