//! Prometheus text, version 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use crate::encode::Sink;
use crate::encode::lines::{self, Format, Lines};
use crate::visit::{Descriptor, Kind, Metric, Scope, TOTAL, Visitor};

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
pub struct TextEncoder<'a, S>(Lines<'a, S, Text>);

impl<'a, S: Sink> TextEncoder<'a, S> {
    /// Writes to `out`.
    pub fn new(out: &'a mut S) -> Self {
        Self(Lines::new(out))
    }

    /// Adds the labels `otel_scope_name` and `otel_scope_version` to every series.
    #[must_use]
    pub fn with_scope_labels(mut self) -> Self {
        self.0.add_scope_labels();
        self
    }

    /// Writes `target_info`, a series of one whose labels are the attributes of the resource: no key may be there
    /// twice. Every character but letters, digits and `_` becomes `_`, and keys that become one are one label, with their
    /// values joined by `;` in the order of the keys.
    ///
    /// # Errors
    /// That of the sink.
    pub fn target_info(&mut self, attributes: &[(&str, &str)]) -> Result<(), S::Error> {
        // The format has no type for it.
        let head = b"# HELP target_info Attributes of the resource.\n# TYPE target_info gauge\n";
        self.0.target_info(head, attributes)
    }
}

impl<S: Sink> Visitor for TextEncoder<'_, S> {
    type Error = S::Error;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), S::Error> {
        self.0.scope(scope);
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), S::Error> {
        self.0.metric(descriptor, metric)
    }
}

/// "Text format details" of the exposition formats.
#[derive(Debug)]
struct Text;

impl Format for Text {
    /// A count is that of the bucket `+Inf`, with or without a sum ("Histograms and summaries").
    const COUNT_ALONE: bool = true;

    const INTEGER_END: &'static [u8] = b"";

    /// The name is that of the samples, and in the help text a quote stands for itself ("Comments, help text, and type
    /// information").
    fn head<S: Sink>(out: &mut S, descriptor: &Descriptor, kind: Kind) -> Result<(), S::Error> {
        let (name, suffix, kind): (&str, &str, &str) = match kind {
            Kind::Sum { monotonic: true } => (lines::family(descriptor), TOTAL, "counter"),
            Kind::Sum { monotonic: false } | Kind::Gauge => (descriptor.prometheus, "", "gauge"),
            Kind::Histogram { .. } | Kind::ExponentialHistogram { .. } => (descriptor.prometheus, "", "histogram"),
        };
        lines::put(out, &["# HELP ", name, suffix, " "])?;
        lines::escaped(out, descriptor.help, b"\\\n")?;
        lines::put(out, &["\n# TYPE ", name, suffix, " ", kind, "\n"])
    }
}
