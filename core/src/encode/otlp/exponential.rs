//! Data points of exponential histograms.
//!
//! Their bucket counts are varints, as long as the value asks for, and buckets come into use at any moment. So the
//! first walk fixes scale, buckets and how many bytes each count has, a few more than it needs; a varint may be
//! longer than it must. What was counted since and has no place there waits for the next request, and is not in this
//! one's count, which is the sum of what is written.

use crate::encode::Sink;
use crate::encode::otlp::{size, wire};
use crate::visit::{ExponentialPoint, Layers, MAX_BUCKETS, Span};

/// Words of scratch for a position.
pub(super) const WORDS: usize = 2;

/// What the first walk fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    scale: i8,
    positive: Run,
    negative: Run,
    /// Bytes of a bucket's count.
    width: usize,
}

/// Consecutive buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    low: i32,
    len: usize,
}

/// The most bytes of a varint that protobuf decoders take.
const MAX_WIDTH: usize = 10;

// A word holds the lowest index, of at most 18 bits; a length, of 8; and in the upper 6 bits the scale or the width.
const LOW_BITS: u32 = 18;
const LEN_BITS: u32 = 8;
const LOW_BIAS: i32 = 1 << (LOW_BITS - 1);
const SCALE_BIAS: i32 = 1 << (u32::BITS - LOW_BITS - LEN_BITS - 1);

impl Shape {
    /// Of a histogram in which nothing was recorded: any scale is right.
    pub(super) const NONE: Self = Self { scale: 0, positive: Run::NONE, negative: Run::NONE, width: 0 };

    pub(super) fn of(point: &ExponentialPoint<'_>) -> Self {
        let (positive, negative) = (point.positive.span().map(Span::fitted), point.negative.span().map(Span::fitted));
        let scale = positive.iter().chain(&negative).map(|span| span.scale).min().unwrap_or(Self::NONE.scale);
        let run = |span: Option<Span>| span.map_or(Run::NONE, |span| Run::of(span.at_scale(scale)));
        let count = positive.iter().chain(&negative).map(|span| span.count).max().unwrap_or(0);
        // A byte more than the largest count can need: room for 128 times as much.
        let width = (size::varint(count) + 1).min(MAX_WIDTH);
        Self { scale, positive: run(positive), negative: run(negative), width }
    }

    pub(super) fn to_words(self) -> [u32; WORDS] {
        let scale = (i32::from(self.scale) + SCALE_BIAS).cast_unsigned();
        [self.positive.to_word(scale), self.negative.to_word(self.width as u32)]
    }

    pub(super) fn from_words([positive, negative]: [u32; WORDS]) -> Self {
        let scale = (positive >> (LOW_BITS + LEN_BITS)).cast_signed() - SCALE_BIAS;
        let width = (negative >> (LOW_BITS + LEN_BITS)) as usize;
        Self { scale: scale as i8, positive: Run::from_word(positive), negative: Run::from_word(negative), width }
    }

    /// The length of what is in a data point beside what every one has.
    pub(super) fn size(self) -> usize {
        let run = |run: Run| if run.len == 0 { 0 } else { size::part(self.buckets(run)) };
        run(self.positive) + run(self.negative)
    }

    /// The length of a `Buckets` message.
    fn buckets(self, run: Run) -> usize {
        1 + size::varint(wire::zigzag(run.low)) + size::part(run.len * self.width)
    }

    /// Writes the scale, the buckets, the zeros and their count.
    pub(super) fn write<S: Sink>(self, out: &mut S, point: &ExponentialPoint<'_>) -> Result<(), S::Error> {
        out.write(&[wire::exponential::SCALE])?;
        wire::varint(out, wire::zigzag(self.scale.into()))?;
        let positive = self.write_buckets(out, wire::exponential::POSITIVE, self.positive, &point.positive)?;
        let negative = self.write_buckets(out, wire::exponential::NEGATIVE, self.negative, &point.negative)?;
        wire::fixed64(out, wire::exponential::ZERO_COUNT, point.zero_count)?;
        let count = positive.wrapping_add(negative).wrapping_add(point.zero_count);
        wire::fixed64(out, wire::histogram::COUNT, count)
    }

    /// Returns how many values were written.
    fn write_buckets<S: Sink>(
        self,
        out: &mut S,
        tag: wire::Tag,
        run: Run,
        layers: &Layers<'_>,
    ) -> Result<u64, S::Error> {
        if run.len == 0 {
            return Ok(0);
        }
        wire::head(out, tag, self.buckets(run))?;
        out.write(&[wire::buckets::OFFSET])?;
        wire::varint(out, wire::zigzag(run.low))?;
        wire::head(out, wire::buckets::COUNTS, run.len * self.width)?;
        let mut counts = [0_u64; MAX_BUCKETS];
        let counts = counts.get_mut(..run.len).unwrap_or_default();
        layers.merge(self.scale, run.low, counts);
        // Seven bits a byte.
        let most = 1_u64.checked_shl(7 * self.width as u32).map_or(u64::MAX, |above| above - 1);
        let mut written = 0_u64;
        for count in counts {
            let count = (*count).min(most);
            wire::padded_varint(out, count, self.width)?;
            written = written.wrapping_add(count);
        }
        Ok(written)
    }
}

impl Run {
    const NONE: Self = Self { low: 0, len: 0 };

    fn of(span: Span) -> Self {
        Self { low: span.first, len: span.buckets().min(MAX_BUCKETS) }
    }

    fn to_word(self, top: u32) -> u32 {
        let low = (self.low + LOW_BIAS).cast_unsigned();
        (top << (LOW_BITS + LEN_BITS)) | ((self.len as u32) << LOW_BITS) | low
    }

    fn from_word(word: u32) -> Self {
        let low = (word & ((1 << LOW_BITS) - 1)).cast_signed() - LOW_BIAS;
        let len = (word >> LOW_BITS) & ((1 << LEN_BITS) - 1);
        Self { low, len: len as usize }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_shape_survives_its_words() {
        for scale in [-11, -4, 0, 5] {
            for (low, len) in [(0, 0), (-34_369, 160), (32_767, 1), (-1, 159)] {
                for width in [2, MAX_WIDTH] {
                    let (positive, negative) = (Run { low, len }, Run { low: -low, len: 160 - len });
                    let shape = Shape { scale, positive, negative, width };
                    assert_eq!(Shape::from_words(shape.to_words()), shape);
                }
            }
        }
    }
}
