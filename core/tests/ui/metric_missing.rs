//! A metric has a name and a help text, and a set a scope.

use picometer::{Counter, MetricSet};

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct NoName {
    /// Jobs.
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct NoHelp {
    #[metric(name = "jobs")]
    jobs: Counter,
}

#[derive(MetricSet)]
struct NoScope {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "")]
struct EmptyScope {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Unnamed(Counter);

fn main() {}
