//! Protobuf's wire format, and the field numbers of `opentelemetry/proto/metrics/v1/metrics.proto`.

use crate::encode::Sink;

/// A field's number, its wire type in the low three bits: what precedes it in a message.
pub(super) type Tag = u8;

const VARINT: u8 = 0;
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
    pub(in super::super) const EXPONENTIAL_HISTOGRAM: super::Tag = super::tag(10, super::LEN);
}

/// Of `Gauge`, `Sum`, `Histogram` and `ExponentialHistogram`.
pub(super) mod data {
    pub(in super::super) const POINTS: super::Tag = super::tag(1, super::LEN);
    /// `aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE`.
    pub(in super::super) const CUMULATIVE: [u8; 2] = [super::tag(2, super::VARINT), 2];
    /// `is_monotonic = true`.
    pub(in super::super) const MONOTONIC: [u8; 2] = [super::tag(3, super::VARINT), 1];
}

/// Of all kinds of data points.
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
    pub(in super::super) const MIN: super::Tag = super::tag(11, super::FIXED64);
    pub(in super::super) const MAX: super::Tag = super::tag(12, super::FIXED64);
}

/// Of `ExponentialHistogramDataPoint`, beside the count and the sum, which are those of `HistogramDataPoint`.
pub(super) mod exponential {
    pub(in super::super) const ATTRIBUTES: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const SCALE: super::Tag = super::tag(6, super::VARINT);
    pub(in super::super) const ZERO_COUNT: super::Tag = super::tag(7, super::FIXED64);
    pub(in super::super) const POSITIVE: super::Tag = super::tag(8, super::LEN);
    pub(in super::super) const NEGATIVE: super::Tag = super::tag(9, super::LEN);
    pub(in super::super) const MIN: super::Tag = super::tag(12, super::FIXED64);
    pub(in super::super) const MAX: super::Tag = super::tag(13, super::FIXED64);
}

/// Of `ExponentialHistogramDataPoint.Buckets`.
pub(super) mod buckets {
    pub(in super::super) const OFFSET: super::Tag = super::tag(1, super::VARINT);
    pub(in super::super) const COUNTS: super::Tag = super::tag(2, super::LEN);
}

/// Of `KeyValue`.
pub(super) mod attribute {
    pub(in super::super) const KEY: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const VALUE: super::Tag = super::tag(2, super::LEN);
}

pub(super) mod any_value {
    pub(in super::super) const STRING: super::Tag = super::tag(1, super::LEN);
    pub(in super::super) const BOOL: super::Tag = super::tag(2, super::VARINT);
    pub(in super::super) const INT: super::Tag = super::tag(3, super::VARINT);
}

pub(super) fn varint<S: Sink>(out: &mut S, mut value: u64) -> Result<(), S::Error> {
    while value >= 0x80 {
        out.write(&[value as u8 | 0x80])?;
        value >>= 7;
    }
    out.write(&[value as u8])
}

/// A varint of `width` bytes, at most 10: each but the last says that another follows.
pub(super) fn padded_varint<S: Sink>(out: &mut S, value: u64, width: usize) -> Result<(), S::Error> {
    let mut rest = value;
    let mut bytes = [0; 10];
    let bytes = bytes.get_mut(..width).unwrap_or_default();
    for byte in &mut *bytes {
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
    if let Some(last) = bytes.last_mut() {
        *last &= 0x7f;
    }
    out.write(bytes)
}

/// A signed number as protobuf's `sint32` has it.
pub(super) const fn zigzag(value: i32) -> u64 {
    ((value << 1) ^ (value >> 31)).cast_unsigned() as u64
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
    out.write(&fixed64_bytes(tag, value))
}

/// How many bytes a tag and a fixed64 have.
pub(super) const FIXED64_LEN: usize = 9;

pub(super) const fn fixed64_bytes(tag: Tag, value: u64) -> [u8; FIXED64_LEN] {
    let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
    [tag, a, b, c, d, e, f, g, h]
}
