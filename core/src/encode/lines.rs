//! What Prometheus text and OpenMetrics share: a line for each sample, with its labels. A [`Format`] is the rest.

mod exponential;
mod merged;

use core::marker::PhantomData;

use crate::encode::gather::gathered;
use crate::encode::{Buffer, Sink, number};
use crate::visit::{
    Amount, Descriptor, HistogramPoint, Key, Kind, LabelVisitor, Metric, Number, Point, Scope, Standing, TOTAL, Value,
};

/// Where the two formats differ.
pub(super) trait Format {
    /// Writes the lines that precede the samples of a metric.
    fn head<S: Sink>(out: &mut S, descriptor: &Descriptor, kind: Kind) -> Result<(), S::Error>;

    /// Whether a histogram without a sum has a count.
    const COUNT_ALONE: bool;

    /// What makes a float of a bound that is written like an integer.
    const INTEGER_END: &'static [u8];
}

/// The longest labels of a histogram's series that are written once and copied to each of its lines. Longer ones are
/// walked for each line. On the stack, so that a microcontroller has it too.
const LABELS: usize = 256;

/// Writes samples to `out`.
#[derive(Debug)]
pub(super) struct Lines<'a, S, F> {
    pub(super) out: &'a mut S,
    scope: Option<&'static Scope>,
    scope_labels: bool,
    format: PhantomData<F>,
}

impl<'a, S: Sink, F: Format> Lines<'a, S, F> {
    pub(super) fn new(out: &'a mut S) -> Self {
        Self { out, scope: None, scope_labels: false, format: PhantomData }
    }

    pub(super) fn add_scope_labels(&mut self) {
        self.scope_labels = true;
    }

    pub(super) fn scope(&mut self, scope: &'static Scope) {
        self.scope = Some(scope).filter(|_| self.scope_labels);
    }

    pub(super) fn metric<M: Metric>(&mut self, descriptor: &Descriptor, metric: &M) -> Result<(), S::Error> {
        let Self { scope, scope_labels, .. } = *self;
        gathered(self.out, |out| {
            Lines::<_, F> { out, scope, scope_labels, format: PhantomData }.all(descriptor, metric)
        })
    }

    /// Writes the head of a metric and its samples, if it has any.
    fn all<M: Metric>(&mut self, descriptor: &Descriptor, metric: &M) -> Result<(), S::Error> {
        metric.prepare();
        let mut shown = (0..M::POSITIONS).filter_map(|position| shown(metric, position)).peekable();
        if shown.peek().is_some() {
            F::head(self.out, descriptor, M::KIND)?;
        }
        shown.try_for_each(|(position, standing)| {
            let series = Series { scope: self.scope, metric, position };
            if M::COINCIDES && standing == Standing::Leader {
                return self.merged(descriptor, &series);
            }
            // The kind is known when the program is compiled: it has no code for points that a metric cannot have.
            let written = metric.point(position, |point| match (M::KIND, point) {
                (Kind::Sum { .. } | Kind::Gauge, Point::Number(value)) => self.number(descriptor, &series, value),
                (Kind::Histogram { .. }, Point::Histogram(point)) => {
                    self.histogram(descriptor.prometheus, &series, &point)
                }
                (Kind::ExponentialHistogram { .. }, Point::Exponential(point)) => {
                    self.exponential(descriptor.prometheus, &series, &point)
                }
                _ => Ok(()),
            });
            written.unwrap_or(Ok(()))
        })
    }

    /// Writes `head` and `target_info`, whose labels are the attributes of the resource.
    pub(super) fn target_info(&mut self, head: &[u8], attributes: &[(&str, &str)]) -> Result<(), S::Error> {
        gathered(self.out, |out| {
            out.write(head)?;
            out.write(b"target_info")?;
            let mut labels = Labels { out: &mut *out, any: false };
            for (at, (key, _)) in attributes.iter().enumerate() {
                let alike = |(other, _): &&(&str, &str)| target_label(other).eq(target_label(key));
                if attributes.iter().take(at).any(|attribute| alike(&attribute)) {
                    continue;
                }
                labels.open()?;
                target_label(key).try_for_each(|byte| labels.out.write(&[byte]))?;
                labels.out.write(b"=\"")?;
                // Keys of one name are one label, with the values in the order of the keys.
                let mut last: Option<&str> = None;
                let next = |last: Option<&str>| {
                    let behind = attributes.iter().filter(alike).filter(|(key, _)| last.is_none_or(|last| *key > last));
                    behind.min_by_key(|(key, _)| *key)
                };
                while let Some((key, value)) = next(last) {
                    labels.out.write(if last.is_some() { b";" } else { b"" })?;
                    escaped(labels.out, value, b"\\\n\"")?;
                    last = Some(key);
                }
                labels.out.write(b"\"")?;
            }
            labels.close()?;
            out.write(b"1\n")
        })
    }

    fn number<M: Metric>(
        &mut self,
        descriptor: &Descriptor,
        series: &Series<'_, M>,
        value: Number,
    ) -> Result<(), S::Error> {
        match M::KIND {
            Kind::Sum { monotonic: true } => put(self.out, &[family(descriptor), TOTAL])?,
            _ => put(self.out, &[descriptor.prometheus])?,
        }
        let mut labels = Labels { out: &mut *self.out, any: false };
        series.labels(&mut labels)?;
        labels.close()?;
        number::number::<M, S>(self.out, value)?;
        self.out.write(b"\n")
    }

    fn histogram<M: Metric>(
        &mut self,
        name: &str,
        series: &Series<'_, M>,
        point: &HistogramPoint<'_>,
    ) -> Result<(), S::Error> {
        let mut bytes = [0; LABELS];
        let written = series.written(&mut bytes);
        let mut cumulative = 0_u64;
        for (index, count) in point.counts.iter().enumerate() {
            cumulative = cumulative.wrapping_add(*count);
            self.bucket(name, series, written, point.bounds.at(index), cumulative)?;
        }
        self.sum_and_count(name, series, written, point.sum, point.count)
    }

    /// Writes how many values are not above `bound`; without one, how many there are.
    fn bucket<M: Metric>(
        &mut self,
        name: &str,
        series: &Series<'_, M>,
        written: Option<&[u8]>,
        bound: Option<Amount>,
        cumulative: u64,
    ) -> Result<(), S::Error> {
        let labels = self.begin(name, "_bucket", series, written)?;
        labels.out.write(if labels.any { b",le=\"" } else { b"{le=\"" })?;
        match bound {
            Some(bound) => number::amount::<M, S>(
                labels.out,
                bound,
                |out, bound| number::bound(out, bound, F::INTEGER_END),
                |out, bound| number::float_bound(out, bound, F::INTEGER_END),
            )?,
            None => labels.out.write(b"+Inf")?,
        }
        labels.out.write(b"\"} ")?;
        number::unsigned(self.out, cumulative)?;
        self.out.write(b"\n")
    }

    fn sum_and_count<M: Metric>(
        &mut self,
        name: &str,
        series: &Series<'_, M>,
        written: Option<&[u8]>,
        sum: Amount,
        count: u64,
    ) -> Result<(), S::Error> {
        // "reported only if the sum is positive and monotonic" (OpenTelemetry, "Prometheus and OpenMetrics Compatibility",
        // "Histograms"): a sum that falls would be read as a counter that began anew.
        if matches!(M::KIND, Kind::ExponentialHistogram { negative: true, .. }) {
            if !F::COUNT_ALONE {
                return Ok(());
            }
        } else {
            self.begin(name, "_sum", series, written)?.close()?;
            number::amount::<M, S>(self.out, sum, number::scaled, number::float)?;
            self.out.write(b"\n")?;
        }
        self.begin(name, "_count", series, written)?.close()?;
        number::unsigned(self.out, count)?;
        self.out.write(b"\n")
    }

    /// Writes a name and the labels behind it, copied if they were `written` before.
    fn begin<M: Metric>(
        &mut self,
        name: &str,
        suffix: &str,
        series: &Series<'_, M>,
        written: Option<&[u8]>,
    ) -> Result<Labels<'_, S>, S::Error> {
        put(self.out, &[name, suffix])?;
        let mut labels = Labels { out: &mut *self.out, any: false };
        match written {
            Some(bytes) => {
                labels.out.write(bytes)?;
                labels.any = !bytes.is_empty();
            }
            None => series.labels(&mut labels)?,
        }
        Ok(labels)
    }
}

/// One series, and where its labels come from.
struct Series<'a, M> {
    scope: Option<&'static Scope>,
    metric: &'a M,
    position: usize,
}

impl<M: Metric> Series<'_, M> {
    /// The labels written to `bytes`, if they fit.
    fn written<'a>(&self, bytes: &'a mut [u8; LABELS]) -> Option<&'a [u8]> {
        let mut buffer = Buffer::new(bytes);
        self.labels(&mut Labels { out: &mut buffer, any: false }).ok()?;
        let len = buffer.written().len();
        bytes.get(..len)
    }

    fn labels<S: Sink>(&self, labels: &mut Labels<'_, S>) -> Result<(), S::Error> {
        if let Some(scope) = self.scope {
            labels.text("otel_scope_name", scope.name)?;
            labels.text("otel_scope_version", scope.version)?;
        }
        self.metric.exposed_labels(self.position, labels)
    }
}

/// A position that has a line, and how its series stands to others: the leader of several has the line of all.
fn shown<M: Metric>(metric: &M, position: usize) -> Option<(usize, Standing)> {
    let standing = metric.standing(position);
    let is_live = match standing {
        Standing::Alone => metric.is_live(position),
        Standing::Leader => {
            let mut is_live = false;
            metric.coinciding(position, |position| is_live |= metric.is_live(position));
            is_live
        }
        Standing::Follower | Standing::Absent => false,
    };
    is_live.then_some((position, standing))
}

/// Labels in braces; without any there are no braces either.
struct Labels<'a, S> {
    out: &'a mut S,
    any: bool,
}

impl<S: Sink> Labels<'_, S> {
    /// What stands before a label.
    fn open(&mut self) -> Result<(), S::Error> {
        self.out.write(if self.any { b"," } else { b"{" })?;
        self.any = true;
        Ok(())
    }

    /// What stands between the labels and the value.
    fn close(self) -> Result<(), S::Error> {
        self.out.write(if self.any { b"} " } else { b" " })
    }

    fn text(&mut self, key: &str, value: &str) -> Result<(), S::Error> {
        self.open()?;
        put(self.out, &[key])?;
        self.quoted(value)
    }

    fn quoted(&mut self, value: &str) -> Result<(), S::Error> {
        self.out.write(b"=\"")?;
        escaped(self.out, value, b"\\\n\"")?;
        self.out.write(b"\"")
    }
}

impl<S: Sink> LabelVisitor for Labels<'_, S> {
    type Error = S::Error;

    fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), S::Error> {
        match value {
            Value::Text(text) => self.text(key.prometheus, text),
            Value::Bool(value) => self.text(key.prometheus, if value { "true" } else { "false" }),
            Value::Int(value) => self.text(key.prometheus, itoa::Buffer::new().format(value)),
        }
    }
}

/// A metric's name without the suffix that a counter's samples have.
pub(super) fn family(descriptor: &Descriptor) -> &'static str {
    descriptor.prometheus.strip_suffix(TOTAL).unwrap_or(descriptor.prometheus)
}

pub(super) fn put<S: Sink>(out: &mut S, pieces: &[&str]) -> Result<(), S::Error> {
    pieces.iter().try_for_each(|piece| out.write(piece.as_bytes()))
}

/// Writes text with each of `special`, which are among `\`, `"` and the line end, escaped.
#[inline(always)] // `special` is known
pub(super) fn escaped<S: Sink>(out: &mut S, text: &str, special: &[u8]) -> Result<(), S::Error> {
    // No look-up among them, which would be a call for each byte.
    let is_special = |byte: &u8| special.iter().fold(false, |any, special| any | (byte == special));
    let any = text.as_bytes().iter().fold(false, |any, byte| any | is_special(byte));
    if any { escape(out, text, special) } else { out.write(text.as_bytes()) }
}

#[inline(never)]
fn escape<S: Sink>(out: &mut S, text: &str, special: &[u8]) -> Result<(), S::Error> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| special.contains(byte)) {
        let Some((before, [byte, after @ ..])) = rest.split_at_checked(at) else { break };
        out.write(before)?;
        out.write(match byte {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            _ => b"\\\\",
        })?;
        rest = after;
    }
    out.write(rest)
}

/// The name of an attribute of the resource for Prometheus.
fn target_label(key: &str) -> impl Iterator<Item = u8> {
    let first = key.as_bytes().first().is_none_or(u8::is_ascii_digit).then_some(b'_');
    first.into_iter().chain(key.bytes().map(|byte| if byte.is_ascii_alphanumeric() { byte } else { b'_' }))
}
