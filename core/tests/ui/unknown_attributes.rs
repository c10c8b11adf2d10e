//! What an attribute does not know is not passed over.

use picometer::{Counter, Label, LabelSet, Learned, MetricSet};

#[derive(Label, Clone, Copy)]
#[label(capactiy = 8)]
struct Route(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 8)]
enum Bounded {
    Get,
}

#[derive(Label, Clone, Copy)]
enum Named {
    #[label(name = "GET")]
    Get,
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max = 8)]
struct Series {
    ok: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct Keys {
    #[label(rename = "http.route")]
    ok: bool,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Metrics {
    /// Jobs.
    #[metric(name = "jobs", help = "Jobs.")]
    jobs: Counter,
}

#[derive(MetricSet)]
#[metric_set(name = "test")]
struct Scope {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: Counter,
}

fn main() {}
