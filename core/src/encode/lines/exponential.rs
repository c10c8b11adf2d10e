//! Exponential histograms as text, which knows explicit bounds only.
//!
//! The bounds are the powers of two that the instrument's type names, so that they are the same in every series and at
//! every time. No layer has a bucket on both sides of such a bound, so the counts are exact; what lies beyond the last
//! is in `+Inf`.

use crate::encode::Sink;
use crate::encode::lines::{Format, LABELS, Lines, Series};
use crate::visit::{Amount, Bucket, ExponentialPoint, Kind, Metric};

/// The most bounds: those of all octaves of a `u64`.
const MAX_BOUNDS: usize = 65;

/// How many values lie between powers of two.
pub(super) struct Octaves {
    /// The first and the last power of two that is a bound.
    ends: (i32, i32),
    /// How many values lie between a bound and the one before, and at the end, above the last.
    counts: [u64; MAX_BOUNDS + 1],
    /// How many values are zero or below.
    below: u64,
    sum: Option<Amount>,
}

impl Octaves {
    pub(super) const NONE: Self = Self { ends: (0, 0), counts: [0; MAX_BOUNDS + 1], below: 0, sum: None };

    /// Adds the values of a data point, each of whose cells is loaded once.
    pub(super) fn add(&mut self, point: &ExponentialPoint<'_>) {
        let (first, last) = (i32::from(point.octaves.0), i32::from(point.octaves.1));
        self.ends = (first, last);
        point.positive.for_each(|bucket| {
            let bound = upper_octave(bucket).max(first).min(last.saturating_add(1)).abs_diff(first);
            if let Some(count) = self.counts.get_mut(bound as usize) {
                *count = count.wrapping_add(bucket.count);
            }
        });
        self.below = self.below.wrapping_add(point.zero_count);
        point.negative.for_each(|bucket| self.below = self.below.wrapping_add(bucket.count));
        self.sum = Some(self.sum.map_or(point.sum, |sum| sum.plus(point.sum, true)));
    }
}

impl<S: Sink, F: Format> Lines<'_, S, F> {
    pub(super) fn exponential<M: Metric>(
        &mut self,
        name: &str,
        series: &Series<'_, M>,
        point: &ExponentialPoint<'_>,
    ) -> Result<(), S::Error> {
        let mut octaves = Octaves::NONE;
        octaves.add(point);
        self.octaves(name, series, &octaves)
    }

    pub(super) fn octaves<M: Metric>(
        &mut self,
        name: &str,
        series: &Series<'_, M>,
        octaves: &Octaves,
    ) -> Result<(), S::Error> {
        let mut bytes = [0; LABELS];
        let written = series.written(&mut bytes);
        let (Some(sum), (first, last)) = (octaves.sum, octaves.ends) else { return Ok(()) };
        let mut cumulative = octaves.below;
        if matches!(M::KIND, Kind::ExponentialHistogram { negative: true, .. }) {
            self.bucket(name, series, written, Some(Amount::Float(0.0)), cumulative)?;
        }
        for (octave, count) in (first..=last).zip(&octaves.counts) {
            cumulative = cumulative.wrapping_add(*count);
            self.bucket(name, series, written, Some(Amount::Float(power_of_two(octave))), cumulative)?;
        }
        let above = (last.abs_diff(first) as usize).saturating_add(1);
        cumulative = cumulative.wrapping_add(octaves.counts.get(above).copied().unwrap_or_default());
        self.bucket(name, series, written, None, cumulative)?;
        self.sum_and_count(name, series, written, sum, cumulative)
    }
}

/// The power of two at or above all of the bucket's values.
///
/// Buckets wider than an octave hold only values that are beyond every bound on their side of 1, so for those above 1
/// it is the upper end that is right, and for those below any that lies in the bucket.
fn upper_octave(bucket: Bucket) -> i32 {
    let wider = u32::from(bucket.scale.unsigned_abs());
    if bucket.scale >= 0 {
        (bucket.index >> wider).saturating_add(1)
    } else if bucket.index >= 0 {
        bucket.index.saturating_add(1) << wider
    } else {
        bucket.index << wider
    }
}

/// `2^exponent`, for exponents of an `i8`.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits((i64::from(exponent) + 1023).cast_unsigned() << 52)
}
