//! Metrics and sets of them, as a visitor sees them.

use crate::instrument::Instrument;
use crate::visit::{Kind, LabelVisitor, Point, Usage};

/// What a metric is called. Made by `#[derive(MetricSet)]`, checked when the program is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// As OpenTelemetry has it: `http.server.request.duration`.
    pub name: &'static str,
    /// For Prometheus, with the unit: `http_server_request_duration_seconds`. A counter's samples add `_total`.
    pub prometheus: &'static str,
    /// The help text.
    pub help: &'static str,
    /// The unit, as UCUM has it: `s`, `By`, `{request}`.
    pub unit: &'static str,
    /// The unit as Prometheus names have it: `seconds`, `bytes_per_second`; empty where they do not name it.
    pub unit_words: &'static str,
}

/// Where metrics come from: OpenTelemetry's instrumentation scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Such as `aiq.http`.
    pub name: &'static str,
    /// The version of the package that declares the set.
    pub version: &'static str,
}

/// A set of metrics: one `static` of a struct with `#[derive(MetricSet)]`.
///
/// Each field is an instrument or a family. Its doc comment is the help text, and `#[metric(...)]` tells the rest:
/// - `name`: as OpenTelemetry has it, `http.server.request.duration`;
/// - `unit`: a UCUM code, or an annotation such as `{request}`; none if it is left out;
/// - `prometheus`: the name for Prometheus, where the one that follows from name and unit would not do.
///
/// A name that cannot be exported ends the compilation: one that a sample of another metric has in Prometheus, such as
/// `x.count` beside a histogram `x`; one that a scrape has anyway, such as `target.info`; the same name again in
/// OpenTelemetry, whatever its case; and, in what is no counter, an ending that samples of other kinds have in
/// Prometheus (`_total`, `_created`, `_bucket`, `_count`, `_sum`).
///
/// `#[metric_set(scope = "aiq.http")]` tells where the metrics come from. The struct gets a `const fn new`.
pub trait MetricSet: Sync {
    /// Where these metrics come from.
    const SCOPE: Scope;

    /// How many words of scratch the OTLP encoder needs for this set.
    const SCRATCH: usize;

    /// The names, in order of declaration.
    const DESCRIPTORS: &'static [Descriptor];

    /// What each of them is, in the same order.
    const KINDS: &'static [Kind];

    /// Walks the metrics, in order of declaration.
    ///
    /// # Errors
    /// The first error of the visitor ends the walk.
    fn visit<V: Visitor>(&self, visitor: &mut V) -> Result<(), V::Error>;
}

/// One exporter.
pub trait Visitor {
    /// What goes wrong.
    type Error;

    /// A set begins; the metrics that follow are of this scope.
    ///
    /// # Errors
    /// What the visitor makes of it, such as an output that is full.
    fn scope(&mut self, scope: &'static Scope) -> Result<(), Self::Error>;

    /// One metric with all of its series.
    ///
    /// # Errors
    /// What the visitor makes of it, such as an output that is full.
    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Self::Error>;
}

/// How a series stands to others that Prometheus takes for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No series was there yet.
    Absent,
    /// There is no other.
    Alone,
    /// It is shown for all of them.
    Leader,
    /// Another is shown for it.
    Follower,
}

impl Standing {
    /// The standing of one among `number` series that Prometheus takes for one.
    pub(crate) const fn of(is_first: bool, number: usize) -> Self {
        match number {
            _ if !is_first => Self::Follower,
            0 | 1 => Self::Alone,
            _ => Self::Leader,
        }
    }
}

/// A metric: an instrument, which has one series, or a family of them.
///
/// Series are found by position. A position never changes its labels, and once live it stays live, so a visitor can
/// walk twice: first to measure, then to write.
pub trait Metric {
    /// The metric before the first recording.
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new metric
    const INIT: Self;

    /// What it is.
    const KIND: Kind;

    /// Whether its data points [hold floats](Instrument::FLOATS).
    const FLOATS: bool;

    /// How many positions there are, live or not.
    const POSITIONS: usize;

    /// Whether there is a series at `position`.
    fn is_live(&self, position: usize) -> bool;

    /// Walks the labels of the series at `position`.
    ///
    /// # Errors
    /// The first error of the visitor ends the walk.
    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error>;

    /// Hands the data point at `position` to `with`, if there is such a position.
    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R>;

    /// Whether Prometheus may take some of its series for one: those whose labels differ in nothing but an empty value,
    /// which is no label there, or in how a key is spelled (`a.b`, `a_b`).
    const COINCIDES: bool = false;

    /// Finds out which series coincide. Called before a walk that adds them up: what is new since then is found as well, but
    /// may be left out of a sum that is written already.
    fn prepare(&self) {}

    /// How the series at `position` stands to those that Prometheus takes for the same. A leader stays one, and so does a
    /// follower.
    fn standing(&self, _position: usize) -> Standing {
        Standing::Alone
    }

    /// Hands the positions of all series that Prometheus takes for the one at `position` to `each`, its own included.
    fn coinciding(&self, position: usize, mut each: impl FnMut(usize)) {
        each(position);
    }

    /// Walks the labels of the series at `position` as Prometheus gets them: no name is there twice.
    ///
    /// # Errors
    /// The first error of the visitor ends the walk.
    fn exposed_labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        self.labels(position, visitor)
    }

    /// How much of it is in use; an instrument alone has nothing to tell.
    fn usage(&self) -> Option<Usage> {
        None
    }
}

impl<I: Instrument> Metric for I {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = I::INIT;
    const KIND: Kind = I::KIND;
    const FLOATS: bool = I::FLOATS;
    const POSITIONS: usize = 1;

    fn is_live(&self, position: usize) -> bool {
        position == 0 && (I::STARTS_LIVE || self.is_touched())
    }

    fn labels<V: LabelVisitor>(&self, _position: usize, _visitor: &mut V) -> Result<(), V::Error> {
        Ok(())
    }

    #[inline(always)]
    fn point<R>(&self, _position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        Some(Instrument::point(self, with))
    }
}
