//! A unit is a UCUM code that Prometheus has a word for, or an annotation.

use picometer::{Gauge, MetricSet};

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Unknown {
    /// How far.
    #[metric(name = "distance", unit = "parsec")]
    distance: Gauge,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct UnknownPer {
    /// How fast.
    #[metric(name = "speed", unit = "m/fortnight")]
    speed: Gauge,
}

fn main() {}
