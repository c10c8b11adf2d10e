//! The visit: how exporters walk the live cells. There is no tree and no snapshot in between; each exporter is a
//! [`Visitor`].

mod exponential;
mod metric;
mod names;
mod point;
mod usage;

pub(crate) use exponential::MAX_BUCKETS;
pub use exponential::{Bucket, ExponentialPoint, Layer, Layers, Span};
pub use metric::{Descriptor, Metric, MetricSet, Scope, Standing, Visitor};
pub(crate) use names::TOTAL;
pub use names::{Fault, Names};
pub use point::{Amount, Bounds, Extremes, HistogramPoint, Kind, Number, Point, Scaled};
pub use usage::{FamilyUsage, TooManyFamilies, Usage, UsageSet, UsageTable};

/// One label of one series: its key, and the value.
pub trait LabelVisitor {
    /// What goes wrong.
    type Error;

    /// Takes one label.
    ///
    /// # Errors
    /// What the visitor makes of it, such as an output that is full.
    fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), Self::Error>;
}

/// A label's key, in the two spellings that exporters need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// As declared: `http.route`.
    pub name: &'a str,
    /// For Prometheus: `http_route`.
    pub prometheus: &'a str,
}

/// A label's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
}
