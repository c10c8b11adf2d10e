//! How full families are, as metrics themselves.

use crate::encode::otlp;
use crate::visit::{Descriptor, Key, Kind, LabelVisitor, Metric, MetricSet, Number, Point, Scope, Value, Visitor};

/// How much of a family is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Series in use, without that of the overflow.
    pub series: usize,
    /// Series that there is room for.
    pub capacity: usize,
    /// What was counted in the overflow: a counter's total (of floats, its whole part), a histogram's count, and for what
    /// can also fall 1 once it was recorded.
    pub overflowed: u64,
}

/// The usage of at most `N` families: visits their sets, and is then a set itself, for any exporter.
///
/// | metric | what |
/// |---|---|
/// | `picometer.family.series` | series in use |
/// | `picometer.family.capacity` | series that there is room for |
/// | `picometer.family.overflow` | what was counted in the overflow; a counter |
///
/// Each has the label `metric`, the name of the family. What is written is what was seen, however often it is visited,
/// so both walks of OTLP agree. It occupies 32 bytes a family (at most 24 on a 32-bit target), for as long as it is needed.
///
/// ```
/// use picometer::encode::{Buffer, text::TextEncoder};
/// use picometer::visit::UsageSet;
/// use picometer::{Counter, Family, LabelSet, MetricSet, label::NumberLabel};
///
/// #[derive(LabelSet, Clone, Copy)]
/// #[label_set(max_series = 2)]
/// struct Sized { size: NumberLabel<0, 9> }
///
/// #[derive(MetricSet)]
/// #[metric_set(scope = "example")]
/// struct Parcels {
///     /// Parcels sent.
///     #[metric(name = "parcels")]
///     sent: Family<Sized, Counter>,
/// }
/// static PARCELS: Parcels = Parcels::new();
///
/// for size in 0..5 {
///     PARCELS.sent.with(Sized { size: NumberLabel::new(size) }).inc();
/// }
/// let mut usage = UsageSet::<{ Parcels::DESCRIPTORS.len() }>::new();
/// PARCELS.visit(&mut usage).unwrap();
///
/// let mut bytes = [0; 1024];
/// let mut out = Buffer::new(&mut bytes);
/// usage.visit(&mut TextEncoder::new(&mut out)).unwrap();
/// let text = core::str::from_utf8(out.written()).unwrap();
/// assert!(text.contains("\npicometer_family_series{metric=\"parcels\"} 2\n"));
/// assert!(text.contains("\npicometer_family_capacity{metric=\"parcels\"} 2\n"));
/// assert!(text.contains("\npicometer_family_overflow_total{metric=\"parcels\"} 3\n"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UsageSet<const N: usize> {
    /// Filled from the front.
    families: Families<N>,
}

type Families<const N: usize> = [Option<(&'static Descriptor, Usage)>; N];

/// There are more families than the [`UsageSet`] has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyFamilies;

impl core::fmt::Display for TooManyFamilies {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("more families than the UsageSet has room for: make its N larger")
    }
}

impl core::error::Error for TooManyFamilies {}

impl<const N: usize> UsageSet<N> {
    /// Of no family.
    #[must_use]
    pub const fn new() -> Self {
        Self { families: [None; N] }
    }

    /// The families and their usage, in the order in which they were visited.
    pub fn families(&self) -> impl Iterator<Item = (&'static Descriptor, Usage)> {
        self.families.iter().copied().flatten()
    }
}

impl<const N: usize> Default for UsageSet<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Visitor for UsageSet<N> {
    type Error = TooManyFamilies;

    fn scope(&mut self, _scope: &'static Scope) -> Result<(), TooManyFamilies> {
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), TooManyFamilies> {
        let Some(usage) = metric.usage() else { return Ok(()) };
        let free = self.families.iter_mut().find(|family| family.is_none()).ok_or(TooManyFamilies)?;
        *free = Some((descriptor, usage));
        Ok(())
    }
}

static SCOPE: Scope = Scope { name: "picometer", version: env!("CARGO_PKG_VERSION") };

static SERIES: Descriptor = Descriptor {
    name: "picometer.family.series",
    prometheus: "picometer_family_series",
    help: "Series in use.",
    unit: "{series}",
    unit_words: "",
};

static CAPACITY: Descriptor = Descriptor {
    name: "picometer.family.capacity",
    prometheus: "picometer_family_capacity",
    help: "Series that there is room for.",
    unit: "{series}",
    unit_words: "",
};

static OVERFLOW: Descriptor = Descriptor {
    name: "picometer.family.overflow",
    prometheus: "picometer_family_overflow",
    help: "Recordings in the overflow, for which there was no series.",
    unit: "{recording}",
    unit_words: "",
};

impl<const N: usize> MetricSet for UsageSet<N> {
    const SCOPE: Scope = SCOPE;
    const SCRATCH: usize = otlp::SCRATCH_PER_SET + 3 * otlp::scratch_for::<Column<'static, N, false>>();
    const DESCRIPTORS: &'static [Descriptor] = &[SERIES, CAPACITY, OVERFLOW];

    fn visit<V: Visitor>(&self, visitor: &mut V) -> Result<(), V::Error> {
        let families = &self.families;
        visitor.scope(&SCOPE)?;
        visitor.metric(&SERIES, &Column::<N, false> { families, value: |usage| usage.series as u64 })?;
        visitor.metric(&CAPACITY, &Column::<N, false> { families, value: |usage| usage.capacity as u64 })?;
        visitor.metric(&OVERFLOW, &Column::<N, true> { families, value: |usage| usage.overflowed })
    }
}

/// One number of every family: a metric with a series for each.
struct Column<'a, const N: usize, const MONOTONIC: bool> {
    families: &'a Families<N>,
    value: fn(&Usage) -> u64,
}

const METRIC: Key = Key { name: "metric", prometheus: "metric" };

impl<const N: usize, const MONOTONIC: bool> Metric for Column<'_, N, MONOTONIC> {
    const INIT: Self = Self { families: &[None; N], value: |usage| usage.overflowed };
    const KIND: Kind = Kind::Sum { monotonic: MONOTONIC };
    const FLOATS: bool = false;
    const POSITIONS: usize = N;

    fn is_live(&self, position: usize) -> bool {
        self.families.get(position).is_some_and(Option::is_some)
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        match self.families.get(position) {
            Some(Some((descriptor, _))) => visitor.label(METRIC, Value::Text(descriptor.name)),
            _ => Ok(()),
        }
    }

    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        let (_, usage) = self.families.get(position)?.as_ref()?;
        Some(with(Point::Number(Number::Unsigned((self.value)(usage)))))
    }
}
