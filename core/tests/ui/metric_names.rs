//! Metrics differ in name, for Prometheus too, and have names that both take.

use picometer::{Counter, Gauge, MetricSet};

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Same {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: Counter,
    /// Jobs again.
    #[metric(name = "jobs")]
    again: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct SameForPrometheus {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: Gauge,
    /// Jobs in all.
    #[metric(name = "jobs.total")]
    total: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct SameWithUnit {
    /// How long.
    #[metric(name = "wait", unit = "s")]
    wait: Gauge,
    /// How long, in words.
    #[metric(name = "wait.seconds")]
    seconds: Gauge,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct BeginsWithADigit {
    /// Jobs.
    #[metric(name = "9jobs")]
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct HasASpace {
    /// Jobs.
    #[metric(name = "jobs done")]
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct BadForPrometheus {
    /// Jobs.
    #[metric(name = "jobs", prometheus = "jobs.done")]
    jobs: Counter,
}

fn main() {}
