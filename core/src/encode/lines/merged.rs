//! One line for several series: those that Prometheus takes for one are added up.
//!
//! Each is read again for each line of a histogram. That is still coherent: counts never fall, so a later line is at
//! least the one before, and the count is what the last bucket was.

use crate::encode::Sink;
use crate::encode::lines::exponential::Octaves;
use crate::encode::lines::{Format, LABELS, Lines, Series};
use crate::visit::{Amount, Bounds, Descriptor, HistogramPoint, Kind, Metric, Number, Point};

impl<M: Metric> Series<'_, M> {
    fn each_point(&self, mut take: impl FnMut(Point<'_>)) {
        self.metric.coinciding(self.position, |position| {
            if self.metric.is_live(position) {
                let _ = self.metric.point(position, &mut take);
            }
        });
    }

    fn each_histogram(&self, mut take: impl FnMut(&HistogramPoint<'_>)) {
        self.each_point(|point| {
            if let Point::Histogram(point) = point {
                take(&point);
            }
        });
    }

    fn number(&self) -> Option<Number> {
        let mut sum: Option<Number> = None;
        self.each_point(|point| {
            if let Point::Number(value) = point {
                sum = Some(sum.map_or(value, |sum| sum.plus(value, M::KIND, M::FLOATS)));
            }
        });
        sum
    }

    /// How many values are in the buckets up to this one.
    fn up_to(&self, bucket: usize) -> u64 {
        let mut sum = 0_u64;
        self.each_histogram(|point| {
            sum = point.counts.iter().take(bucket.saturating_add(1)).fold(sum, |sum, count| sum.saturating_add(*count));
        });
        sum
    }

    fn sum(&self) -> Option<Amount> {
        let mut sum: Option<Amount> = None;
        self.each_histogram(|point| sum = Some(sum.map_or(point.sum, |sum| sum.plus(point.sum, M::FLOATS))));
        sum
    }

    fn octaves(&self) -> Octaves {
        let mut octaves = Octaves::NONE;
        self.each_point(|point| {
            if let Point::Exponential(point) = point {
                octaves.add(&point);
            }
        });
        octaves
    }
}

impl<S: Sink, F: Format> Lines<'_, S, F> {
    /// Writes the sum of all series that Prometheus takes for this one.
    pub(super) fn merged<M: Metric>(
        &mut self,
        descriptor: &Descriptor,
        series: &Series<'_, M>,
    ) -> Result<(), S::Error> {
        match M::KIND {
            Kind::Sum { .. } | Kind::Gauge => {
                series.number().map_or(Ok(()), |value| self.number(descriptor, series, value))
            }
            Kind::Histogram { bounds, .. } => self.merged_histogram(descriptor.prometheus, series, bounds),
            Kind::ExponentialHistogram { .. } => self.octaves(descriptor.prometheus, series, &series.octaves()),
        }
    }

    fn merged_histogram<M: Metric>(
        &mut self,
        name: &str,
        series: &Series<'_, M>,
        bounds: Bounds,
    ) -> Result<(), S::Error> {
        let Some(sum) = series.sum() else { return Ok(()) };
        let mut bytes = [0; LABELS];
        let written = series.written(&mut bytes);
        let mut count = 0;
        for bucket in 0..=bounds.count() {
            count = series.up_to(bucket);
            self.bucket(name, series, written, bounds.at(bucket), count)?;
        }
        self.sum_and_count(name, series, written, sum, count)
    }
}
