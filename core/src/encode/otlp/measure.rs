//! The first walk: which series there are, and how long each part will be.

use crate::encode::Sink;
use crate::encode::otlp::exponential::Shape;
use crate::encode::otlp::part::Part;
use crate::encode::otlp::{BITS, Cursor, Error, Head, Limits, Writer, size};
use crate::visit::{Descriptor, Metric, Point, Scope, Visitor};

/// The first of the two walks. See the [module](super).
#[derive(Debug)]
pub struct Measure<'a> {
    scratch: &'a mut [u32],
    used: usize,
    set: Option<Set>,
    /// Of all sets that are closed, with their tags.
    scope_metrics: usize,
    part: Part,
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
        Self { scratch, used: 0, set: None, scope_metrics: 0, part: Part::WHOLE }
    }

    /// Takes the data points from `from` on, as many as fit into a request of this `resource` within `limits`. Ask
    /// [`rest`](Self::rest) after the visit where the next request begins.
    ///
    /// ```
    /// use picometer::encode::otlp::{Cursor, Head, Limits, Measure};
    /// use picometer::{Counter, MetricSet};
    ///
    /// #[derive(MetricSet)]
    /// #[metric_set(scope = "example")]
    /// struct Jobs {
    ///     /// Jobs started.
    ///     #[metric(name = "jobs.started")]
    ///     started: Counter,
    ///     /// Jobs finished.
    ///     #[metric(name = "jobs.finished")]
    ///     finished: Counter,
    /// }
    /// static JOBS: Jobs = Jobs::new();
    ///
    /// let head = Head { resource: &[("service.name", "example")], start: 1_000, time: 2_000 };
    /// let limits = Limits { bytes: 160, points: 100 };
    /// let mut scratch = [0; Jobs::SCRATCH];
    /// let (mut next, mut requests) = (Some(Cursor::START), Vec::<Vec<u8>>::new());
    /// while let Some(from) = next {
    ///     let mut measure = Measure::new(&mut scratch).part(head.resource, limits, from);
    ///     JOBS.visit(&mut measure).unwrap();
    ///     next = measure.rest();
    ///     let mut request = Vec::<u8>::new();
    ///     let mut out = |bytes: &[u8]| -> Result<(), core::convert::Infallible> { Ok(request.extend(bytes)) };
    ///     JOBS.visit(&mut measure.writer(&head, &mut out).unwrap()).unwrap();
    ///     requests.push(request);
    /// }
    /// assert_eq!(requests.len(), 2);
    /// assert!(requests.iter().all(|request| request.len() <= limits.bytes));
    /// ```
    #[must_use]
    pub fn part(self, resource: &[(&str, &str)], limits: Limits, from: Cursor) -> Self {
        Self { part: Part::new(size::resource(resource), limits, from), ..self }
    }

    /// Where the next request begins; none if nothing is left. It is known once all sets are visited.
    ///
    /// A series that appears at a position already passed waits until the next walk from the start.
    #[must_use]
    pub fn rest(&self) -> Option<Cursor> {
        self.part.rest
    }

    /// How many data points the request will have.
    #[must_use]
    pub fn points(&self) -> usize {
        self.part.points
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
        let mut head = self.part.metric(descriptor, M::KIND);
        if let Some(set) = self.set.as_ref().filter(|set| set.metrics == 0) {
            head += self.part.set(set.scope);
        }
        let mut points = 0;
        for position in self.part.positions(M::POSITIONS).filter(|position| metric.is_live(*position)) {
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
            let point = size::part(point);
            if !self.part.take(head + point, position) {
                break;
            }
            head = 0;
            points += point;
            if let Some(word) = live.get_mut(position / BITS) {
                *word |= 1 << (position % BITS);
            }
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
