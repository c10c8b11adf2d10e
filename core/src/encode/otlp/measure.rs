//! The first walk: which series there are, and how long each part will be.

use crate::encode::Sink;
use crate::encode::otlp::exponential::Shape;
use crate::encode::otlp::{BITS, Error, Head, Writer, size};
use crate::visit::{Descriptor, Metric, Point, Scope, Visitor};

/// The first of the two walks. See the [module](super).
#[derive(Debug)]
pub struct Measure<'a> {
    scratch: &'a mut [u32],
    used: usize,
    set: Option<Set>,
    /// Of all sets that are closed, with their tags.
    scope_metrics: usize,
}

/// The set that is being measured.
#[derive(Debug)]
struct Set {
    scope: &'static Scope,
    /// Where in the scratch area its length goes.
    at: usize,
    metrics: usize,
}

impl<'a> Measure<'a> {
    /// Notes what it sees in `scratch`, which needs as many words as the sum of
    /// [`MetricSet::SCRATCH`](crate::MetricSet::SCRATCH) over the sets that will be visited.
    pub fn new(scratch: &'a mut [u32]) -> Self {
        Self { scratch, used: 0, set: None, scope_metrics: 0 }
    }

    /// Writes the head of the request to `out` and gives the visitor for the second walk, over the same sets in the
    /// same order.
    ///
    /// # Errors
    /// [`Error::Sink`].
    pub fn writer<S: Sink>(mut self, head: &Head<'a>, out: &'a mut S) -> Result<Writer<'a, S>, Error<S::Error>> {
        self.close_set();
        let scratch: &'a [u32] = self.scratch;
        Writer::begin(head, out, scratch.get(..self.used).unwrap_or_default(), self.scope_metrics)
    }

    fn close_set(&mut self) {
        let Some(set) = self.set.take() else { return };
        if set.metrics == 0 {
            return;
        }
        let len = size::part(size::scope(set.scope)) + set.metrics;
        if let Some(word) = self.scratch.get_mut(set.at) {
            *word = len as u32;
        }
        self.scope_metrics += size::part(len);
    }

    fn take(&mut self, words: usize) -> Result<usize, Error> {
        let at = self.used;
        self.scratch.get_mut(at..).and_then(|rest| rest.get_mut(..words)).ok_or(Error::Scratch)?.fill(0);
        self.used = at + words;
        Ok(at)
    }
}

impl Visitor for Measure<'_> {
    type Error = Error;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), Error> {
        self.close_set();
        let at = self.take(super::SCRATCH_PER_SET)?;
        self.set = Some(Set { scope, at, metrics: 0 });
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Error> {
        let at = self.take(super::scratch_for::<M>())?;
        let Some([metric_len, data_len, rest @ ..]) = self.scratch.get_mut(at..self.used) else {
            return Err(Error::Scratch);
        };
        let (live, shapes) = rest.split_at_mut_checked(super::live_words::<M>()).ok_or(Error::Scratch)?;
        let (shapes, _) = shapes.as_chunks_mut();
        let mut points = 0;
        for position in (0..M::POSITIONS).filter(|position| metric.is_live(*position)) {
            if let Some(word) = live.get_mut(position / BITS) {
                *word |= 1 << (position % BITS);
            }
            let mut point = size::point(M::KIND, size::attributes(metric, position));
            if let Some(words) = shapes.get_mut(position) {
                let shape = metric.point(position, |point| match point {
                    Point::Exponential(point) => Shape::of(&point),
                    _ => Shape::NONE,
                });
                let shape = shape.unwrap_or(Shape::NONE);
                *words = shape.to_words();
                point += shape.size();
            }
            points += size::part(point);
        }
        if points == 0 {
            return Ok(());
        }
        let data = points + size::data(M::KIND);
        let len = size::metric(descriptor, data);
        *data_len = data as u32;
        *metric_len = len as u32;
        if let Some(set) = &mut self.set {
            set.metrics += size::part(len);
        }
        Ok(())
    }
}
