//! OpenMetrics text, version 1.0: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use crate::encode::Sink;
use crate::encode::lines::{self, Format, Lines};
use crate::visit::{Descriptor, Kind, Metric, Scope, Visitor};

/// The Content-Type of what [`OpenMetricsEncoder`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes metrics as OpenMetrics text.
///
/// Call [`finish`](Self::finish) when all sets have been visited: a scraper rejects what has no end. A metric without a
/// live series is left out, and two sets must not have a metric of the same name. Each cell is loaded once, so the
/// bucket `+Inf` of a histogram equals its count whoever records meanwhile.
///
/// ```
/// use picometer::encode::{Buffer, openmetrics::OpenMetricsEncoder};
/// use picometer::{Counter, MetricSet};
///
/// #[derive(MetricSet)]
/// #[metric_set(scope = "example")]
/// struct Disk {
///     /// Bytes written.
///     #[metric(name = "disk.written", unit = "By")]
///     written: Counter,
/// }
/// static DISK: Disk = Disk::new();
///
/// DISK.written.add(512);
/// let mut bytes = [0; 256];
/// let mut out = Buffer::new(&mut bytes);
/// let mut encoder = OpenMetricsEncoder::new(&mut out);
/// DISK.visit(&mut encoder).unwrap();
/// encoder.finish().unwrap();
/// assert_eq!(
///     core::str::from_utf8(out.written()).unwrap(),
///     concat!(
///         "# TYPE disk_written_bytes counter\n",
///         "# UNIT disk_written_bytes bytes\n",
///         "# HELP disk_written_bytes Bytes written.\n",
///         "disk_written_bytes_total 512\n",
///         "# EOF\n",
///     ),
/// );
/// ```
#[derive(Debug)]
pub struct OpenMetricsEncoder<'a, S>(Lines<'a, S, OpenMetrics>);

impl<'a, S: Sink> OpenMetricsEncoder<'a, S> {
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

    /// Writes `target_info`, whose labels are the attributes of the resource: no key may be there
    /// twice. Every character but letters, digits and `_` becomes `_`, and keys that become one are one label, with their
    /// values joined by `;` in the order of the keys.
    ///
    /// # Errors
    /// That of the sink.
    pub fn target_info(&mut self, attributes: &[(&str, &str)]) -> Result<(), S::Error> {
        // Section "Supporting target metadata in both push-based and pull-based systems".
        let head = b"# TYPE target info\n# HELP target Attributes of the resource.\n";
        self.0.target_info(head, attributes)
    }

    /// Writes the end.
    ///
    /// # Errors
    /// That of the sink.
    pub fn finish(self) -> Result<(), S::Error> {
        // Section "Overall Structure": "Expositions MUST end with EOF".
        self.0.out.write(b"# EOF\n")
    }
}

impl<S: Sink> Visitor for OpenMetricsEncoder<'_, S> {
    type Error = S::Error;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), S::Error> {
        self.0.scope(scope);
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), S::Error> {
        self.0.metric(descriptor, metric)
    }
}

#[derive(Debug)]
struct OpenMetrics;

impl Format for OpenMetrics {
    /// A count "if and only if a Sum Value is present" (section "Histogram").
    const COUNT_ALONE: bool = false;

    /// Bounds are always recognisable as floats (section "Considerations: Canonical Numbers").
    const INTEGER_END: &'static [u8] = b".0";

    /// The name is that of the family, without the suffix of a counter's samples (section "Suffixes"), and in the help
    /// text quotes are escaped (section "Escaping").
    fn head<S: Sink>(out: &mut S, descriptor: &Descriptor, kind: Kind) -> Result<(), S::Error> {
        let (name, kind): (&str, &str) = match kind {
            Kind::Sum { monotonic: true } => (lines::family(descriptor), "counter"),
            // A sum that may fall is a gauge: "Counters MUST be monotonically non-decreasing" (section "Counter").
            Kind::Sum { monotonic: false } | Kind::Gauge => (descriptor.prometheus, "gauge"),
            Kind::Histogram { .. } | Kind::ExponentialHistogram { .. } => (descriptor.prometheus, "histogram"),
        };
        lines::put(out, &["# TYPE ", name, " ", kind, "\n"])?;
        // Section "Unit": "it MUST be a suffix of the MetricFamily name separated by an underscore".
        let unit = descriptor.unit_words;
        if !unit.is_empty() && name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_')) {
            lines::put(out, &["# UNIT ", name, " ", unit, "\n"])?;
        }
        lines::put(out, &["# HELP ", name, " "])?;
        lines::escaped(out, descriptor.help, b"\\\n\"")?;
        out.write(b"\n")
    }
}
