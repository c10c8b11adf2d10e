//! Protobuf's wire format, and the field numbers of `opentelemetry/proto/metrics/v1/metrics.proto`.

use crate::encode::Sink;

/// A field's number, its wire type in the low three bits: what precedes it in a message.
pub(super) type Tag = u8;

const FIXED64: u8 = 1;
const LEN: u8 = 2;

const fn tag(field: u8, wire: u8) -> Tag {
    (field << 3) | wire
}

pub(super) mod request {
    pub(in super::super) const RESOURCE_METRICS: super::Tag = super::tag(1, super::LEN);
}

pub(super) mod resource_metrics {
    pub(in super::super) const RESOURCE: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const SCOPE_METRICS: super::Tag = super::tag(2, super::LEN);
}

pub(super) mod resource {
    pub(in super::super) const ATTRIBUTES: super::Tag = super::tag(1, super::LEN);
}

pub(super) mod scope_metrics {
    pub(in super::super) const SCOPE: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const METRICS: super::Tag = super::tag(2, super::LEN);
}

pub(super) mod scope {
    pub(in super::super) const NAME: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const VERSION: super::Tag = super::tag(2, super::LEN);
}

pub(super) mod metric {
    pub(in super::super) const NAME: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const DESCRIPTION: super::Tag = super::tag(2, super::LEN);
    pub(in super::super) const UNIT: super::Tag = super::tag(3, super::LEN);
    pub(in super::super) const GAUGE: super::Tag = super::tag(5, super::LEN);
    pub(in super::super) const SUM: super::Tag = super::tag(7, super::LEN);
    pub(in super::super) const HISTOGRAM: super::Tag = super::tag(9, super::LEN);
}

/// Of `Gauge`, `Sum` and `Histogram`.
pub(super) mod data {
    pub(in super::super) const POINTS: super::Tag = super::tag(1, super::LEN);
    /// `aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE`.
    pub(in super::super) const CUMULATIVE: [u8; 2] = [super::tag(2, 0), 2];
    /// `is_monotonic = true`.
    pub(in super::super) const MONOTONIC: [u8; 2] = [super::tag(3, 0), 1];
}

/// Of `NumberDataPoint` and `HistogramDataPoint`.
pub(super) mod point {
    pub(in super::super) const START: super::Tag = super::tag(2, super::FIXED64);
    pub(in super::super) const TIME: super::Tag = super::tag(3, super::FIXED64);
}

pub(super) mod number {
    pub(in super::super) const AS_DOUBLE: super::Tag = super::tag(4, super::FIXED64);
    pub(in super::super) const AS_INT: super::Tag = super::tag(6, super::FIXED64);
    pub(in super::super) const ATTRIBUTES: super::Tag = super::tag(7, super::LEN);
}

pub(super) mod histogram {
    pub(in super::super) const COUNT: super::Tag = super::tag(4, super::FIXED64);
    pub(in super::super) const SUM: super::Tag = super::tag(5, super::FIXED64);
    pub(in super::super) const BUCKET_COUNTS: super::Tag = super::tag(6, super::LEN);
    pub(in super::super) const EXPLICIT_BOUNDS: super::Tag = super::tag(7, super::LEN);
    pub(in super::super) const ATTRIBUTES: super::Tag = super::tag(9, super::LEN);
}

/// Of `KeyValue`.
pub(super) mod attribute {
    pub(in super::super) const KEY: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const VALUE: super::Tag = super::tag(2, super::LEN);
}

pub(super) mod any_value {
    pub(in super::super) const STRING: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const BOOL: super::Tag = super::tag(2, 0);
    pub(in super::super) const INT: super::Tag = super::tag(3, 0);
}

pub(super) fn varint<S: Sink>(out: &mut S, mut value: u64) -> Result<(), S::Error> {
    while value >= 0x80 {
        out.write(&[value as u8 | 0x80])?;
        value >>= 7;
    }
    out.write(&[value as u8])
}

pub(super) fn head<S: Sink>(out: &mut S, tag: Tag, len: usize) -> Result<(), S::Error> {
    out.write(&[tag])?;
    varint(out, len as u64)
}

pub(super) fn text<S: Sink>(out: &mut S, tag: Tag, text: &str) -> Result<(), S::Error> {
    head(out, tag, text.len())?;
    out.write(text.as_bytes())
}

pub(super) fn fixed64<S: Sink>(out: &mut S, tag: Tag, value: u64) -> Result<(), S::Error> {
    out.write(&[tag])?;
    out.write(&value.to_le_bytes())
}
