//! Exponential histograms against a map of what was recorded, by the powers of two between which it lies.

use std::collections::BTreeMap;

use picometer::instrument::{Additive, Whole};
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::visit::{Amount, ExponentialPoint, Layers, Metric, Point};
use picometer::{ExponentialHistogram, Family, FloatExponentialHistogram, Label, LabelSet, SignedExponentialHistogram};

use super::{Chosen, check_sum, choose_stripe};

#[derive(Label, Debug, Clone, Copy)]
enum Only {
    One,
}

#[derive(LabelSet, Debug, Clone, Copy)]
struct One {
    only: Only,
}

const ONE: One = One { only: Only::One };

/// The scale at which a bucket holds what lies above one power of two and not above the next.
const OCTAVES: i8 = 0;

/// The scale of the coarsest layer for floats: sixteen octaves in a bucket.
const COARSEST: i8 = -4;

/// Each value with the stripe that it is recorded on.
pub fn check(values: &[(u64, u8)]) {
    let lease = lease::take();
    let leased: Family<One, ExponentialHistogram<Whole>, Striped<2, Leasable>> = Family::new();
    for (value, stripe) in values {
        match lease.as_ref().filter(|_| stripe % 2 == 0) {
            Some(lease) => leased.own(lease, ONE).record(*value),
            None => leased.with(ONE).record(*value),
        }
    }
    let (zeros, positive) = octaves(values.iter().map(|(value, _)| *value));
    let compare = |point: &Point<'_>| {
        let Point::Exponential(point) = point else { panic!("{point:?}") };
        let Amount::Scaled(shown) = point.sum else { panic!("{point:?}") };
        check_sum(shown.value, values.iter().map(|(value, _)| *value));
        buckets(point, zeros, &positive, &BTreeMap::new(), OCTAVES);
    };
    alone_and_striped(values, ExponentialHistogram::<Whole>::record, compare);
    leased.point(0, |point| compare(&point)).expect("a point");

    // Floats that are whole are summed without rounding up to 2^53.
    let small: Vec<(u64, u8)> = values.iter().map(|(value, stripe)| (value >> 24, *stripe)).collect();
    let (zeros, positive) = octaves(small.iter().map(|(value, _)| *value));
    let positive = at_scale(&positive, COARSEST);
    let total = small.iter().map(|(value, _)| *value as f64).sum::<f64>();
    alone_and_striped(
        &small,
        |cell: &FloatExponentialHistogram, value| cell.record(value as f64),
        |point| {
            let Point::Exponential(point) = point else { panic!("{point:?}") };
            assert_eq!(point.sum, Amount::Float(total), "the sum");
            buckets(point, zeros, &positive, &BTreeMap::new(), COARSEST);
        },
    );

    // Odd values below zero.
    let sides = |odd: bool| octaves(small.iter().map(|(value, _)| *value).filter(move |value| (value % 2 == 1) == odd));
    let ((zeros, positive), (_, negative)) = (sides(false), sides(true));
    let (positive, negative) = (at_scale(&positive, COARSEST), at_scale(&negative, COARSEST));
    let signed = |value: u64| if value % 2 == 1 { -(value as f64) } else { value as f64 };
    let total = small.iter().map(|(value, _)| signed(*value)).sum::<f64>();
    alone_and_striped(
        &small,
        |cell: &SignedExponentialHistogram, value| cell.record(signed(value)),
        |point| {
            let Point::Exponential(point) = point else { panic!("{point:?}") };
            assert_eq!(point.sum, Amount::Float(total), "the sum");
            buckets(point, zeros, &positive, &negative, COARSEST);
        },
    );
}

/// Records into one cell and into a family on four stripes, and hands both data points on.
fn alone_and_striped<M: Additive>(values: &[(u64, u8)], record: impl Fn(&M, u64), compare: impl Fn(&Point<'_>)) {
    let alone = M::INIT;
    let striped: Family<One, M, Striped<4, Chosen>> = Family::new();
    for (value, stripe) in values {
        choose_stripe((*stripe).into());
        record(&alone, *value);
        record(striped.with(ONE), *value);
    }
    alone.point(|point| compare(&point));
    Metric::point(&striped, 0, |point| compare(&point)).expect("a point");
}

/// How many zeros there are, and how many values above each power of two and up to the next.
fn octaves(values: impl Iterator<Item = u64>) -> (u64, BTreeMap<i32, u64>) {
    let (mut zeros, mut counts) = (0, BTreeMap::new());
    for value in values {
        match value {
            0 => zeros += 1,
            1 => *counts.entry(-1).or_default() += 1,
            more => *counts.entry((more - 1).ilog2().cast_signed()).or_default() += 1,
        }
    }
    (zeros, counts)
}

fn at_scale(octaves: &BTreeMap<i32, u64>, scale: i8) -> BTreeMap<i32, u64> {
    let mut counts = BTreeMap::new();
    octaves.iter().for_each(|(index, count)| *counts.entry(index >> scale.abs()).or_default() += count);
    counts
}

fn buckets(
    point: &ExponentialPoint<'_>,
    zeros: u64,
    positive: &BTreeMap<i32, u64>,
    negative: &BTreeMap<i32, u64>,
    scale: i8,
) {
    assert_eq!(point.zero_count, zeros, "zeros");
    for (layers, expected) in [(point.positive, positive), (point.negative, negative)] {
        assert_eq!(&counts(layers, scale), expected);
        let count: u64 = expected.values().sum();
        assert_eq!(layers.span().map_or(0, |span| span.count), count);
    }
}

/// What is in the buckets of this scale.
fn counts(layers: Layers<'_>, scale: i8) -> BTreeMap<i32, u64> {
    const LOWEST: i32 = -70;
    let mut counts = [0; 140];
    layers.merge(scale, LOWEST, &mut counts);
    (LOWEST..).zip(counts).filter(|(_, count)| *count != 0).collect()
}
