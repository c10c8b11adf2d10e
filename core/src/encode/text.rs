//! Prometheus text, version 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

mod exponential;

use crate::encode::{Sink, number};
use crate::visit::{Amount, Descriptor, HistogramPoint, Key, Kind, LabelVisitor, Metric, Point, Scope, Value, Visitor};

/// The Content-Type of what [`TextEncoder`] writes.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes metrics as Prometheus text.
///
/// A metric without a live series is left out. Each cell is loaded once, so the bucket `+Inf` of a histogram equals its
/// count whoever records meanwhile.
///
/// ```
/// use picometer::encode::{Buffer, text::TextEncoder};
/// use picometer::{Counter, MetricSet};
///
/// #[derive(MetricSet)]
/// #[metric_set(scope = "example")]
/// struct Jobs {
///     /// Jobs finished.
///     #[metric(name = "jobs.finished", unit = "{job}")]
///     finished: Counter,
/// }
/// static JOBS: Jobs = Jobs::new();
///
/// JOBS.finished.inc();
/// let mut bytes = [0; 256];
/// let mut out = Buffer::new(&mut bytes);
/// JOBS.visit(&mut TextEncoder::new(&mut out)).unwrap();
/// assert_eq!(
///     core::str::from_utf8(out.written()).unwrap(),
///     "# HELP jobs_finished_total Jobs finished.\n# TYPE jobs_finished_total counter\njobs_finished_total 1\n",
/// );
/// ```
#[derive(Debug)]
pub struct TextEncoder<'a, S> {
    out: &'a mut S,
    scope: Option<&'static Scope>,
    scope_labels: bool,
}

impl<'a, S: Sink> TextEncoder<'a, S> {
    /// Writes to `out`.
    pub fn new(out: &'a mut S) -> Self {
        Self { out, scope: None, scope_labels: false }
    }

    /// Adds the labels `otel_scope_name` and `otel_scope_version` to every series.
    #[must_use]
    pub fn with_scope_labels(mut self) -> Self {
        self.scope_labels = true;
        self
    }

    /// Writes `target_info`, a series of one whose labels are the attributes of the resource. Their keys must differ
    /// after every character but letters, digits and `_` has become `_`.
    ///
    /// # Errors
    /// That of the sink.
    pub fn target_info(&mut self, attributes: &[(&str, &str)]) -> Result<(), S::Error> {
        self.out.write(b"# HELP target_info Attributes of the resource.\n# TYPE target_info gauge\ntarget_info")?;
        let mut separator: &[u8] = b"{";
        for (key, value) in attributes {
            self.out.write(separator)?;
            separator = b",";
            underscored(self.out, key)?;
            self.out.write(b"=\"")?;
            escaped(self.out, value, true)?;
            self.out.write(b"\"")?;
        }
        if !attributes.is_empty() {
            self.out.write(b"}")?;
        }
        self.out.write(b" 1\n")
    }

    fn head(&mut self, descriptor: &Descriptor, kind: Kind) -> Result<(), S::Error> {
        let (suffix, kind): (&str, &str) = match kind {
            Kind::Sum { monotonic: true } => (total(descriptor), "counter"),
            Kind::Sum { monotonic: false } | Kind::Gauge => ("", "gauge"),
            Kind::Histogram { .. } | Kind::ExponentialHistogram { .. } => ("", "histogram"),
        };
        let name = [descriptor.prometheus, suffix, " "];
        self.put(&["# HELP "])?;
        self.put(&name)?;
        escaped(self.out, descriptor.help, false)?;
        self.put(&["\n# TYPE "])?;
        self.put(&name)?;
        self.put(&[kind, "\n"])
    }

    fn series<M: Metric>(&mut self, descriptor: &Descriptor, metric: &M, position: usize) -> Result<(), S::Error> {
        let written = metric.point(position, |point| match point {
            Point::Number(value) => {
                let suffix = if matches!(M::KIND, Kind::Sum { monotonic: true }) { total(descriptor) } else { "" };
                self.name(descriptor, suffix, metric, position, Le::Absent)?;
                number::number(self.out, value)?;
                self.out.write(b"\n")
            }
            Point::Histogram(point) => self.histogram(descriptor, metric, position, &point),
            Point::Exponential(point) => self.exponential(descriptor, metric, position, &point),
        });
        written.unwrap_or(Ok(()))
    }

    fn histogram<M: Metric>(
        &mut self,
        descriptor: &Descriptor,
        metric: &M,
        position: usize,
        point: &HistogramPoint<'_>,
    ) -> Result<(), S::Error> {
        let mut cumulative = 0_u64;
        for (index, count) in point.counts.iter().enumerate() {
            cumulative = cumulative.wrapping_add(*count);
            let le = point.bounds.at(index).map_or(Le::Infinity, Le::Bound);
            self.bucket(descriptor, metric, position, le, cumulative)?;
        }
        self.sum_and_count(descriptor, metric, position, point.sum, point.count)
    }

    fn bucket<M: Metric>(
        &mut self,
        descriptor: &Descriptor,
        metric: &M,
        position: usize,
        le: Le,
        cumulative: u64,
    ) -> Result<(), S::Error> {
        self.name(descriptor, "_bucket", metric, position, le)?;
        number::unsigned(self.out, cumulative)?;
        self.out.write(b"\n")
    }

    fn sum_and_count<M: Metric>(
        &mut self,
        descriptor: &Descriptor,
        metric: &M,
        position: usize,
        sum: Amount,
        count: u64,
    ) -> Result<(), S::Error> {
        self.name(descriptor, "_sum", metric, position, Le::Absent)?;
        number::amount(self.out, sum)?;
        self.out.write(b"\n")?;
        self.name(descriptor, "_count", metric, position, Le::Absent)?;
        number::unsigned(self.out, count)?;
        self.out.write(b"\n")
    }

    /// What precedes the value: name, labels and a space.
    fn name<M: Metric>(
        &mut self,
        descriptor: &Descriptor,
        suffix: &str,
        metric: &M,
        position: usize,
        le: Le,
    ) -> Result<(), S::Error> {
        self.put(&[descriptor.prometheus, suffix])?;
        let mut labels = Labels { out: &mut *self.out, any: false };
        if let Some(scope) = self.scope.filter(|_| self.scope_labels) {
            labels.text("otel_scope_name", scope.name)?;
            labels.text("otel_scope_version", scope.version)?;
        }
        metric.labels(position, &mut labels)?;
        labels.le(le)?;
        let end: &[u8] = if labels.any { b"} " } else { b" " };
        self.out.write(end)
    }

    fn put(&mut self, pieces: &[&str]) -> Result<(), S::Error> {
        pieces.iter().try_for_each(|piece| self.out.write(piece.as_bytes()))
    }
}

impl<S: Sink> Visitor for TextEncoder<'_, S> {
    type Error = S::Error;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), S::Error> {
        self.scope = Some(scope);
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), S::Error> {
        let mut live = (0..M::POSITIONS).filter(|position| metric.is_live(*position)).peekable();
        if live.peek().is_some() {
            self.head(descriptor, M::KIND)?;
        }
        live.try_for_each(|position| self.series(descriptor, metric, position))
    }
}

/// What a counter's name still needs.
fn total(descriptor: &Descriptor) -> &'static str {
    if descriptor.prometheus.ends_with("_total") { "" } else { "_total" }
}

/// The upper bound of a bucket, as a label.
enum Le {
    Absent,
    Bound(Amount),
    Infinity,
}

struct Labels<'a, S> {
    out: &'a mut S,
    any: bool,
}

impl<S: Sink> Labels<'_, S> {
    fn key(&mut self, key: &str) -> Result<(), S::Error> {
        self.out.write(if self.any { b"," } else { b"{" })?;
        self.any = true;
        self.out.write(key.as_bytes())?;
        self.out.write(b"=\"")
    }

    fn le(&mut self, le: Le) -> Result<(), S::Error> {
        match le {
            Le::Absent => Ok(()),
            Le::Infinity => self.text("le", "+Inf"),
            Le::Bound(bound) => {
                self.key("le")?;
                number::amount(self.out, bound)?;
                self.out.write(b"\"")
            }
        }
    }

    fn text(&mut self, key: &str, value: &str) -> Result<(), S::Error> {
        self.key(key)?;
        escaped(self.out, value, true)?;
        self.out.write(b"\"")
    }
}

impl<S: Sink> LabelVisitor for Labels<'_, S> {
    type Error = S::Error;

    fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), S::Error> {
        match value {
            Value::Text(text) => self.text(key.prometheus, text),
            Value::Bool(value) => self.text(key.prometheus, if value { "true" } else { "false" }),
            Value::Int(value) => {
                self.key(key.prometheus)?;
                number::number(self.out, crate::visit::Number::Signed(value))?;
                self.out.write(b"\"")
            }
        }
    }
}

/// Writes text with `\` and line ends escaped, and in a quoted value `"` as well.
fn escaped<S: Sink>(out: &mut S, text: &str, quoted: bool) -> Result<(), S::Error> {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (quoted && *byte == b'"');
    for piece in text.as_bytes().split_inclusive(is_special) {
        match piece.split_last() {
            Some((last, before)) if is_special(last) => {
                out.write(before)?;
                out.write(match last {
                    b'\n' => b"\\n",
                    b'"' => b"\\\"",
                    _ => b"\\\\",
                })?;
            }
            _ => out.write(piece)?,
        }
    }
    Ok(())
}

fn underscored<S: Sink>(out: &mut S, key: &str) -> Result<(), S::Error> {
    if key.as_bytes().first().is_none_or(u8::is_ascii_digit) {
        out.write(b"_")?;
    }
    for piece in key.as_bytes() {
        out.write(&[if piece.is_ascii_alphanumeric() { *piece } else { b'_' }])?;
    }
    Ok(())
}
