//! Labels and sets are one static each, so they have no generic parameters.

use picometer::{Label, LabelSet, Learned, MetricSet};

#[derive(Label, Clone, Copy)]
#[label(capacity = 8)]
struct Route<const N: usize>(Learned);

#[derive(LabelSet, Clone, Copy)]
struct Request<L: Label> {
    label: L,
}

#[derive(MetricSet)]
#[metric_set(scope = "test")]
struct Metrics<M> {
    /// Jobs.
    #[metric(name = "jobs")]
    jobs: M,
}

fn main() {}
