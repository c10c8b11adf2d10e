//! How long each part is. The writer and this file must agree to the byte; a test decodes what they make.

use crate::encode::otlp::wire::FIXED64_LEN as FIXED64;
use crate::visit::{Descriptor, Key, Kind, LabelVisitor, Metric, Scope, Value};

pub(super) const fn varint(value: u64) -> usize {
    // Seven bits a byte, and one byte for zero.
    (63 - (value | 1).leading_zeros() as usize) / 7 + 1
}

/// A tag, a length, and that many bytes.
pub(super) const fn part(len: usize) -> usize {
    1 + varint(len as u64) + len
}

pub(super) fn scope(scope: &Scope) -> usize {
    part(scope.name.len()) + part(scope.version.len())
}

pub(super) fn resource(attributes: &[(&str, &str)]) -> usize {
    attributes.iter().map(|(key, value)| part(attribute(key, Value::Text(value)))).sum()
}

/// A metric whose data (`Gauge`, `Sum`, `Histogram`, `ExponentialHistogram`) has this length.
pub(super) fn metric(descriptor: &Descriptor, data: usize) -> usize {
    part(descriptor.name.len()) + part(descriptor.help.len()) + part(descriptor.unit.len()) + part(data)
}

/// What `Gauge`, `Sum`, `Histogram` and `ExponentialHistogram` hold beside their points.
pub(super) const fn data(kind: Kind) -> usize {
    match kind {
        Kind::Gauge => 0,
        Kind::Sum { monotonic: true } => 4,
        Kind::Sum { monotonic: false } | Kind::Histogram { .. } | Kind::ExponentialHistogram { .. } => 2,
    }
}

/// A data point with attributes of this length; that of an exponential histogram without its buckets.
pub(super) const fn point(kind: Kind, attributes: usize) -> usize {
    let times = 2 * FIXED64;
    let values = match kind {
        Kind::Gauge | Kind::Sum { .. } => FIXED64,
        Kind::Histogram { bounds, min_max } => {
            let bounds = bounds.count();
            2 * FIXED64 + part(8 * (bounds + 1)) + part(8 * bounds) + extremes(min_max)
        }
        // The scale is a tag and a byte. Without a sum where values can be below zero.
        Kind::ExponentialHistogram { negative, min_max } => {
            2 + 2 * FIXED64 + if negative { 0 } else { FIXED64 } + extremes(min_max)
        }
    };
    attributes + times + values
}

const fn extremes(min_max: bool) -> usize {
    if min_max { 2 * FIXED64 } else { 0 }
}

pub(super) fn attribute(key: &str, value: Value<'_>) -> usize {
    part(key.len()) + part(any_value(value))
}

pub(super) fn any_value(value: Value<'_>) -> usize {
    match value {
        Value::Text(text) => part(text.len()),
        Value::Bool(_) => 2,
        Value::Int(value) => 1 + varint(value.cast_unsigned()),
    }
}

/// The attributes of the series at `position`.
pub(super) fn attributes<M: Metric>(metric: &M, position: usize) -> usize {
    let mut attributes = Attributes(0);
    let Ok(()) = metric.labels(position, &mut attributes);
    attributes.0
}

struct Attributes(usize);

impl LabelVisitor for Attributes {
    type Error = core::convert::Infallible;

    fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), Self::Error> {
        self.0 += part(attribute(key.name, value));
        Ok(())
    }
}
