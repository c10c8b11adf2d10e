//! Data points of exponential histograms, as OpenTelemetry defines them: bucket `i` of scale `s` holds the values
//! above `2^(i / 2^s)` and up to `2^((i + 1) / 2^s)`.

use crate::cell::Total;
use crate::visit::{Amount, Extremes};

/// The most buckets that a merged data point has on either side of zero.
pub(crate) const MAX_BUCKETS: usize = 160;

/// A data point of an exponential histogram.
///
/// Unlike other points it is not loaded yet: its cells are more than a small stack should hold. A visitor loads each
/// once, by one [`merge`](Layers::merge) or one [`for_each`](Layers::for_each) on either side of zero, and takes as the
/// count what it saw there and `zero_count`.
#[derive(Debug, Clone, Copy)]
pub struct ExponentialPoint<'a> {
    /// How many values were zero.
    pub zero_count: u64,
    /// The sum of all values.
    pub sum: Amount,
    /// The values above zero.
    pub positive: Layers<'a>,
    /// The values below zero, by what they are without their sign.
    pub negative: Layers<'a>,
    /// The first and the last power of two that is a bound where buckets must have explicit ones. They depend on the
    /// instrument's type alone, so that all series have the same.
    pub octaves: (i8, i8),
    /// The smallest and the largest value, where the instrument keeps them and there is one.
    pub extremes: Option<Extremes>,
}

/// The values on one side of zero: layers of cells, each value counted in one of them.
#[derive(Debug, Clone, Copy)]
pub struct Layers<'a>(pub(crate) &'a [Layer<'a>]);

/// Cells for consecutive buckets of one scale.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// The scale of its buckets.
    pub scale: i8,
    /// The index of the bucket of the first cell.
    pub low: i32,
    /// The counts.
    pub cells: &'a [Total],
}

/// How many values one bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The scale.
    pub scale: i8,
    /// The index.
    pub index: i32,
    /// How many values.
    pub count: u64,
}

/// Which buckets are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The scale: that of the coarsest layer in use, or below.
    pub scale: i8,
    /// The lowest index in use.
    pub first: i32,
    /// The highest index in use.
    pub last: i32,
    /// How many values there are.
    pub count: u64,
}

impl ExponentialPoint<'_> {
    /// How many values there are now. It loads every cell.
    #[must_use]
    pub fn count(&self) -> u64 {
        let sides = [self.positive, self.negative].map(|side| side.span().map_or(0, |span| span.count));
        sides.into_iter().fold(self.zero_count, u64::wrapping_add)
    }
}

impl Span {
    /// The same values at a scale that is no higher.
    #[must_use]
    pub fn at_scale(self, scale: i8) -> Self {
        let scale = scale.min(self.scale);
        Self {
            scale,
            first: coarser(self.first, self.scale, scale),
            last: coarser(self.last, self.scale, scale),
            ..self
        }
    }

    /// The same values at the highest scale at which at most 160 buckets are in use.
    #[must_use]
    pub fn fitted(self) -> Self {
        let mut span = self;
        while span.buckets() > MAX_BUCKETS {
            span = span.at_scale(span.scale.saturating_sub(1));
        }
        span
    }

    /// How many buckets there are from the first to the last.
    #[must_use]
    pub fn buckets(&self) -> usize {
        (self.last.abs_diff(self.first) as usize).saturating_add(1)
    }
}

impl<'a> Layers<'a> {
    /// No values.
    pub const NONE: Self = Self(&[]);

    /// The layers.
    #[must_use]
    pub const fn layers(&self) -> &'a [Layer<'a>] {
        self.0
    }

    /// Loads each cell once and hands on those that hold something.
    pub fn for_each(&self, mut take: impl FnMut(Bucket)) {
        for layer in self.layers() {
            for (index, cell) in (layer.low..).zip(layer.cells) {
                let count = cell.load();
                if count != 0 {
                    take(Bucket { scale: layer.scale, index, count });
                }
            }
        }
    }

    /// Which buckets are in use now, at the scale of the coarsest; none before the first value.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        let mut all: Option<Span> = None;
        self.for_each(|Bucket { scale, index, count }| {
            let one = Span { scale, first: index, last: index, count };
            all = Some(all.map_or(one, |all| {
                let (all, one) = (all.at_scale(scale), one.at_scale(all.scale));
                let count = all.count.wrapping_add(count);
                Span { first: all.first.min(one.first), last: all.last.max(one.last), count, ..all }
            }));
        });
        all
    }

    /// Adds the counts to `counts`, whose first is of the bucket `low` of `scale`; returns how many values were added.
    ///
    /// Values that have no place there, because they lie outside or their layer is coarser, are left for another time.
    pub fn merge(&self, scale: i8, low: i32, counts: &mut [u64]) -> u64 {
        let mut added = 0_u64;
        self.for_each(|bucket| {
            if bucket.scale < scale {
                return;
            }
            let index = coarser(bucket.index, bucket.scale, scale);
            let place = usize::try_from(i64::from(index) - i64::from(low)).ok();
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count = count.wrapping_add(bucket.count);
                added = added.wrapping_add(bucket.count);
            }
        });
        added
    }
}

/// The bucket of scale `to` that holds the bucket `index` of scale `from`, which is no lower.
fn coarser(index: i32, from: i8, to: i8) -> i32 {
    index >> u32::from(from.abs_diff(to)).min(31)
}
