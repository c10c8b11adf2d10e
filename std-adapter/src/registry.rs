//! The metric sets of a process, and the two ways to write them all out.

use std::convert::Infallible;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use picometer::MetricSet;
use picometer::encode::Sink;
use picometer::encode::otlp::{self, Cursor, Head, Limits, Measure, Writer};
use picometer::encode::text::TextEncoder;
use picometer::visit::{Descriptor, FamilyUsage, Fault, Metric, Names, Scope, UsageTable, Visitor};

use crate::clock::Clock;
use crate::export::Batch;
use crate::resource::Resource;

/// The metric sets of a process. Filled at the start, read by every exporter, never locked.
///
/// ```
/// use picometer::{Counter, MetricSet};
/// use picometer_std::{Registry, Resource};
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
/// let registry = Registry::new().with(&JOBS)?;
/// JOBS.finished.inc();
/// let mut text = Vec::new();
/// registry.write_text(&Resource::new("example"), &mut text);
/// assert!(String::from_utf8(text)?.contains("jobs_finished_total{"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Registry {
    sets: Vec<&'static dyn Registered>,
    /// What the metrics of each set are called.
    names: Vec<Names<'static>>,
    scratch: usize,
}

/// Two sets have a metric under one name, in OpenTelemetry or in Prometheus, where the samples of counters and histograms
/// have names of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTaken(Box<Fault<'static>>);

impl fmt::Display for NameTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (or is one set registered twice?)", self.0)
    }
}

impl std::error::Error for NameTaken {}

impl Registry {
    /// A registry without metrics. The first of a process seeds the hash of label tables that are not in use yet.
    #[must_use]
    pub fn new() -> Self {
        // Whoever chooses label values must not know where they land.
        picometer::set_hash_seed(RandomState::new().hash_one(()) as usize);
        Self { sets: Vec::new(), names: Vec::new(), scratch: 0 }
    }

    /// Adds a set.
    ///
    /// # Errors
    /// A name of this set is already taken by a metric of the registry, or a set that was written by hand has names that the
    /// derive macro would refuse.
    pub fn with<S: MetricSet>(mut self, set: &'static S) -> Result<Self, NameTaken> {
        let names = Names::of::<S>();
        // A set that was not derived has not been looked at by the compiler.
        let alone = (0..names.descriptors.len()).find_map(|index| names.fault(index));
        if let Some(fault) = alone.or_else(|| self.names.iter().find_map(|there| names.clash(there))) {
            return Err(NameTaken(Box::new(fault)));
        }
        self.names.push(names);
        self.scratch += S::SCRATCH;
        self.sets.push(set);
        Ok(self)
    }

    /// Appends all metrics as Prometheus text, `target_info` first, and last how full the families are (`picometer_family_*`).
    pub fn write_text(&self, resource: &Resource, out: &mut Vec<u8>) {
        let mut out = Growing(out);
        let mut encoder = TextEncoder::new(&mut out).with_scope_labels();
        let labels = resource.labels();
        let labels: Vec<_> = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let Ok(()) = encoder.target_info(&labels);
        for set in &self.sets {
            set.text(&mut encoder);
        }
        self.usage().as_set().text(&mut encoder);
    }

    /// Adds all metrics to `batch` as OTLP `ExportMetricsServiceRequest`s, cumulative, and how full the families are. There
    /// is one request, or as many as keep each within `limits`; each data point is in exactly one of them, and all have the
    /// same times.
    pub fn write_otlp(&self, resource: &Resource, clock: &mut Clock, limits: Limits, batch: &mut Batch) {
        let attributes = resource.attributes();
        let (start, time) = clock.read();
        let head = Head { resource: &attributes, start, time };
        let usage = self.usage();
        let usage = usage.as_set();
        let mut scratch = vec![0; self.scratch + usage.scratch()];
        let mut next = Some(Cursor::START);
        while let Some(from) = next.take() {
            batch.push(|out| {
                let begin = out.len();
                let part = Measure::new(&mut scratch).part(&attributes, limits, from);
                match self.write_part(&*usage, &head, part, out) {
                    Ok((points, rest)) => {
                        next = rest;
                        points
                    }
                    Err(error) => {
                        // A fault of this program: the scratch area has the length that the sets ask for.
                        tracing::error!(%error, "otlp encoding failed");
                        out.truncate(begin);
                        0
                    }
                }
            });
        }
    }
}

impl Registry {
    /// Appends one request; returns how many data points it has, and where the next request begins.
    fn write_part(
        &self,
        usage: &dyn Registered,
        head: &Head<'_>,
        mut measure: Measure<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(u64, Option<Cursor>), otlp::Error> {
        self.sets.iter().try_for_each(|set| set.measure(&mut measure))?;
        usage.measure(&mut measure)?;
        let part = (measure.points() as u64, measure.rest());
        let mut out = Growing(out);
        let mut writer = measure.writer(head, &mut out)?;
        self.sets.iter().try_for_each(|set| set.otlp(&mut writer))?;
        usage.otlp(&mut writer)?;
        Ok(part)
    }

    /// How full the families are.
    fn usage(&self) -> Families {
        let mut usage = Families { scope: None, families: Vec::new() };
        for set in &self.sets {
            set.usage(&mut usage);
        }
        usage
    }
}

/// How full families are: of every one, however many there are.
struct Families {
    /// Of the set that is being visited.
    scope: Option<&'static Scope>,
    families: Vec<FamilyUsage>,
}

/// Families that are shown at the least cost, which grows with the number of positions.
const FEW: usize = 256;

/// No program has as many families: each is a static that somebody declares.
const MANY: usize = 1 << 16;

impl Families {
    /// As a set of metrics.
    fn as_set(&self) -> Box<dyn Registered + '_> {
        let families = &self.families;
        if families.len() <= FEW {
            Box::new(UsageTable::<FEW>(families))
        } else {
            Box::new(UsageTable::<MANY>(families))
        }
    }
}

impl Visitor for Families {
    type Error = Infallible;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), Infallible> {
        self.scope = Some(scope);
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Infallible> {
        let usage = self.scope.zip(metric.usage());
        self.families.extend(usage.map(|(scope, usage)| FamilyUsage { scope, descriptor, usage }));
        Ok(())
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("sets", &self.sets.len())
            .field("metrics", &self.names.iter().map(|names| names.descriptors.len()).sum::<usize>())
            .finish()
    }
}

/// A metric set behind a pointer, with every visitor that this crate drives.
trait Registered: Sync {
    fn text(&self, encoder: &mut TextEncoder<'_, Growing<'_>>);
    fn usage(&self, usage: &mut Families);
    fn scratch(&self) -> usize;
    fn measure(&self, measure: &mut Measure<'_>) -> Result<(), otlp::Error>;
    fn otlp(&self, writer: &mut Writer<'_, Growing<'_>>) -> Result<(), otlp::Error>;
}

impl<S: MetricSet> Registered for S {
    fn text(&self, encoder: &mut TextEncoder<'_, Growing<'_>>) {
        let Ok(()) = self.visit(encoder);
    }

    fn usage(&self, usage: &mut Families) {
        let Ok(()) = self.visit(usage);
    }

    fn scratch(&self) -> usize {
        S::SCRATCH
    }

    fn measure(&self, measure: &mut Measure<'_>) -> Result<(), otlp::Error> {
        self.visit(measure)
    }

    fn otlp(&self, writer: &mut Writer<'_, Growing<'_>>) -> Result<(), otlp::Error> {
        self.visit(writer)
    }
}

struct Growing<'a>(&'a mut Vec<u8>);

impl Sink for Growing<'_> {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}
