//! The second walk: the bytes.

use crate::encode::Sink;
use crate::encode::gather::gathered;
use crate::encode::otlp::exponential::Shape;
use crate::encode::otlp::wire::{self, Tag};
use crate::encode::otlp::{BITS, Error, Head, size};
use crate::visit::{
    Descriptor, ExponentialPoint, Extremes, HistogramPoint, Key, Kind, LabelVisitor, Metric, Number, Point, Scope,
    Value, Visitor,
};

/// The second of the two walks. See the [module](super).
#[derive(Debug)]
pub struct Writer<'a, S> {
    out: &'a mut S,
    /// What was measured and is not written yet.
    scratch: &'a [u32],
    times: Times,
}

/// The start and the time of every data point, with their tags.
type Times = [[u8; wire::FIXED64_LEN]; 2];

impl<'a, S: Sink> Writer<'a, S> {
    pub(super) fn begin(
        head: &Head<'a>,
        out: &'a mut S,
        scratch: &'a [u32],
        scope_metrics: usize,
    ) -> Result<Self, Error<S::Error>> {
        let resource = size::resource(head.resource);
        let whole = size::part(resource) + scope_metrics;
        let written = gathered(out, |out| {
            wire::head(out, wire::request::RESOURCE_METRICS, whole)?;
            wire::head(out, wire::resource_metrics::RESOURCE, resource)?;
            let mut attributes = Attributes { out, tag: wire::resource::ATTRIBUTES };
            head.resource.iter().try_for_each(|(key, value)| attributes.attribute(key, Value::Text(value)))
        });
        written.map_err(Error::Sink)?;
        let times =
            [wire::fixed64_bytes(wire::point::START, head.start), wire::fixed64_bytes(wire::point::TIME, head.time)];
        Ok(Self { out, scratch, times })
    }

    /// Whether everything that was measured is written.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.scratch.is_empty()
    }

    fn take(&mut self, words: usize) -> Result<&'a [u32], Error<S::Error>> {
        let (taken, rest) = self.scratch.split_at_checked(words).ok_or(Error::Different)?;
        self.scratch = rest;
        Ok(taken)
    }
}

impl<S: Sink> Visitor for Writer<'_, S> {
    type Error = Error<S::Error>;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), Self::Error> {
        let [len] = self.take(super::SCRATCH_PER_SET)? else { return Err(Error::Different) };
        if *len == 0 {
            return Ok(());
        }
        let written = gathered(self.out, |out| {
            wire::head(out, wire::resource_metrics::SCOPE_METRICS, *len as usize)?;
            wire::head(out, wire::scope_metrics::SCOPE, size::scope(scope))?;
            wire::text(out, wire::scope::NAME, scope.name)?;
            wire::text(out, wire::scope::VERSION, scope.version)
        });
        written.map_err(Error::Sink)
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Self::Error> {
        let [len, data_len, rest @ ..] = self.take(super::scratch_for::<M>())? else {
            return Err(Error::Different);
        };
        let (live, shapes) = rest.split_at_checked(super::live_words::<M>()).ok_or(Error::Different)?;
        let (shapes, _) = shapes.as_chunks();
        if *len == 0 {
            return Ok(());
        }
        let times = &self.times;
        let written = gathered(self.out, |out| {
            wire::head(out, wire::scope_metrics::METRICS, *len as usize)?;
            wire::text(out, wire::metric::NAME, descriptor.name)?;
            wire::text(out, wire::metric::DESCRIPTION, descriptor.help)?;
            wire::text(out, wire::metric::UNIT, descriptor.unit)?;
            let tag = match M::KIND {
                Kind::Gauge => wire::metric::GAUGE,
                Kind::Sum { .. } => wire::metric::SUM,
                Kind::Histogram { .. } => wire::metric::HISTOGRAM,
                Kind::ExponentialHistogram { .. } => wire::metric::EXPONENTIAL_HISTOGRAM,
            };
            wire::head(out, tag, *data_len as usize)?;
            for (at, word) in live.iter().enumerate() {
                for bit in (0..BITS).filter(|bit| word & (1 << bit) != 0) {
                    let position = at * BITS + bit;
                    let shape = shapes.get(position).map_or(Shape::NONE, |words| Shape::from_words(*words));
                    point(out, times, metric, position, shape)?;
                }
            }
            match M::KIND {
                Kind::Gauge => Ok(()),
                Kind::Histogram { .. } | Kind::ExponentialHistogram { .. } | Kind::Sum { monotonic: false } => {
                    out.write(&wire::data::CUMULATIVE)
                }
                Kind::Sum { monotonic: true } => {
                    out.write(&wire::data::CUMULATIVE)?;
                    out.write(&wire::data::MONOTONIC)
                }
            }
        });
        written.map_err(Error::Sink)
    }
}

fn point<S: Sink, M: Metric>(
    out: &mut S,
    times: &Times,
    metric: &M,
    position: usize,
    shape: Shape,
) -> Result<(), S::Error> {
    let more = if matches!(M::KIND, Kind::ExponentialHistogram { .. }) { shape.size() } else { 0 };
    let len = size::point(M::KIND, size::attributes(metric, position)) + more;
    let tag = match M::KIND {
        Kind::Sum { .. } | Kind::Gauge => wire::number::ATTRIBUTES,
        Kind::Histogram { .. } => wire::histogram::ATTRIBUTES,
        Kind::ExponentialHistogram { .. } => wire::exponential::ATTRIBUTES,
    };
    wire::head(out, wire::data::POINTS, len)?;
    metric.labels(position, &mut Attributes { out: &mut *out, tag })?;
    out.write(times.as_flattened())?;
    // The kind is known when the program is compiled: it has no code for points that a metric cannot have.
    let written = metric.point(position, |point| match (M::KIND, point) {
        (Kind::Sum { .. } | Kind::Gauge, Point::Number(value)) => number(out, value),
        (Kind::Histogram { .. }, Point::Histogram(point)) => histogram(out, M::KIND, &point),
        (Kind::ExponentialHistogram { .. }, Point::Exponential(point)) => exponential(out, M::KIND, shape, &point),
        _ => Ok(()),
    });
    written.unwrap_or(Ok(()))
}

/// A total above the range of OTLP's signed integers is written as a double, which is as long.
fn number<S: Sink>(out: &mut S, value: Number) -> Result<(), S::Error> {
    match value {
        Number::Signed(value) => wire::fixed64(out, wire::number::AS_INT, value.cast_unsigned()),
        Number::Unsigned(value) if i64::try_from(value).is_ok() => wire::fixed64(out, wire::number::AS_INT, value),
        Number::Unsigned(value) => wire::fixed64(out, wire::number::AS_DOUBLE, (value as f64).to_bits()),
        Number::Float(value) => wire::fixed64(out, wire::number::AS_DOUBLE, value.to_bits()),
    }
}

fn histogram<S: Sink>(out: &mut S, kind: Kind, point: &HistogramPoint<'_>) -> Result<(), S::Error> {
    wire::fixed64(out, wire::histogram::COUNT, point.count)?;
    wire::fixed64(out, wire::histogram::SUM, point.sum.to_f64().to_bits())?;
    wire::head(out, wire::histogram::BUCKET_COUNTS, 8 * point.counts.len())?;
    for count in point.counts {
        out.write(&count.to_le_bytes())?;
    }
    let bounds = point.bounds.count();
    wire::head(out, wire::histogram::EXPLICIT_BOUNDS, 8 * bounds)?;
    for bound in (0..bounds).filter_map(|index| point.bounds.at(index)) {
        out.write(&bound.to_f64().to_le_bytes())?;
    }
    if matches!(kind, Kind::Histogram { min_max: true, .. }) {
        extremes(out, wire::histogram::MIN, wire::histogram::MAX, point.extremes)?;
    }
    Ok(())
}

fn exponential<S: Sink>(out: &mut S, kind: Kind, shape: Shape, point: &ExponentialPoint<'_>) -> Result<(), S::Error> {
    shape.write(out, point)?;
    if matches!(kind, Kind::ExponentialHistogram { negative: false, .. }) {
        wire::fixed64(out, wire::histogram::SUM, point.sum.to_f64().to_bits())?;
    }
    if matches!(kind, Kind::ExponentialHistogram { min_max: true, .. }) {
        extremes(out, wire::exponential::MIN, wire::exponential::MAX, point.extremes)?;
    }
    Ok(())
}

/// Zeros stand for those of a series that was claimed and not recorded yet: its count is zero too.
fn extremes<S: Sink>(out: &mut S, min: Tag, max: Tag, extremes: Option<Extremes>) -> Result<(), S::Error> {
    let extremes = extremes.unwrap_or(Extremes { min: 0.0, max: 0.0 });
    wire::fixed64(out, min, extremes.min.to_bits())?;
    wire::fixed64(out, max, extremes.max.to_bits())
}

struct Attributes<'a, S> {
    out: &'a mut S,
    tag: Tag,
}

impl<S: Sink> Attributes<'_, S> {
    fn attribute(&mut self, key: &str, value: Value<'_>) -> Result<(), S::Error> {
        wire::head(self.out, self.tag, size::attribute(key, value))?;
        wire::text(self.out, wire::attribute::KEY, key)?;
        wire::head(self.out, wire::attribute::VALUE, size::any_value(value))?;
        match value {
            Value::Text(text) => wire::text(self.out, wire::any_value::STRING, text),
            Value::Bool(value) => self.out.write(&[wire::any_value::BOOL, u8::from(value)]),
            Value::Int(value) => {
                self.out.write(&[wire::any_value::INT])?;
                wire::varint(self.out, value.cast_unsigned())
            }
        }
    }
}

impl<S: Sink> LabelVisitor for Attributes<'_, S> {
    type Error = S::Error;

    fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), S::Error> {
        self.attribute(key.name, value)
    }
}
