//! No metric takes a name that another one takes in some format, that a scrape has anyway, or that reads as a part of
//! another metric.

use picometer::instrument::HttpSeconds;
use picometer::{Counter, Gauge, Histogram, MetricSet, UpDownCounter};

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct SamplesOfAHistogram {
    /// How long.
    #[metric(name = "db.calls")]
    calls: Histogram<HttpSeconds>,
    /// How many.
    #[metric(name = "db.calls.count")]
    count: Gauge,
    /// What in all.
    #[metric(name = "db.calls.sum")]
    sum: UpDownCounter,
    /// Which.
    #[metric(name = "db.calls.bucket")]
    bucket: Gauge,
    /// Since when.
    #[metric(name = "db.calls.created")]
    created: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct SamplesOfACounter {
    /// Jobs now.
    #[metric(name = "jobs")]
    jobs: Gauge,
    /// Jobs in all.
    #[metric(name = "work", prometheus = "jobs_total")]
    all: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Reserved {
    /// Where to.
    #[metric(name = "target.info")]
    info: Gauge,
    /// How much.
    #[metric(name = "target")]
    target: Counter,
    /// Series.
    #[metric(name = "picometer.family.series")]
    series: Gauge,
    /// Overflow.
    #[metric(name = "overflow", prometheus = "picometer_family_overflow_total")]
    overflow: Gauge,
    /// Whether it runs.
    #[metric(name = "up")]
    up: Gauge,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct OneNameInOpenTelemetry {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: Counter,
    /// Jobs again.
    #[metric(name = "Jobs", prometheus = "tasks")]
    again: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct ReadsAsAPart {
    /// Total.
    #[metric(name = "q.total")]
    total: Gauge,
    /// Sum.
    #[metric(name = "q.sum", unit = "{x}")]
    sum: UpDownCounter,
    /// Count.
    #[metric(name = "r.count")]
    count: Histogram<HttpSeconds>,
    /// Bucket.
    #[metric(name = "water", prometheus = "water_bucket")]
    bucket: Gauge,
    /// Created.
    #[metric(name = "pod.created")]
    created: Gauge,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct BeginsWithAnUnderscore {
    /// Jobs.
    #[metric(name = "jobs", prometheus = "_jobs")]
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Legal {
    /// Which build: Prometheus' own convention.
    #[metric(name = "build.info")]
    build: Gauge,
    /// Its samples end in `_total`.
    #[metric(name = "requests.count")]
    requests: Counter,
    /// Not a sample of `requests.count`.
    #[metric(name = "requests.counted")]
    counted: Gauge,
}

fn main() {}
