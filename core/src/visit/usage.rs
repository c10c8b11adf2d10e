//! How full families are, as metrics themselves.

use crate::encode::otlp;
use crate::visit::{Descriptor, Key, Kind, LabelVisitor, Metric, MetricSet, Number, Point, Scope, Value, Visitor};

/// How much of a family is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Series in use, without that of the overflow. Those that an exporter adds up are counted one by one, and so is one of
    /// `max_series` or with run-time keys that is a gauge and was not set yet: it has taken its place.
    pub series: usize,
    /// Series that there is room for.
    pub capacity: usize,
    /// What was counted in the overflow: a counter's total (of floats, its whole part), a histogram's count, and for what
    /// can also fall 1 once it was recorded.
    pub overflowed: u64,
}

/// A family and how full it was when it was visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyUsage {
    /// The scope of its set.
    pub scope: &'static Scope,
    /// What it is called.
    pub descriptor: &'static Descriptor,
    /// How much of it was in use.
    pub usage: Usage,
}

impl FamilyUsage {
    const NONE: Self =
        Self { scope: &SCOPE, descriptor: &SERIES, usage: Usage { series: 0, capacity: 0, overflowed: 0 } };
}

/// The usage of at most `N` families: visits their sets, and is then a set itself, for any exporter.
///
/// | metric | what |
/// |---|---|
/// | `picometer.family.series` | series in use |
/// | `picometer.family.capacity` | series that there is room for |
/// | `picometer.family.overflow` | what was counted in the overflow; a counter |
///
/// Each has the labels `metric` and `scope`, the names of the family and of its set's scope. What is written is what was
/// seen, however often it is visited, so both walks of OTLP agree. One family more than `N` is an error of the visit. It
/// occupies 40 bytes a family (at most 32 on a 32-bit target) and 16 (8), for as long as it is needed.
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
/// assert!(text.contains("\npicometer_family_series{metric=\"parcels\",scope=\"example\"} 2\n"));
/// assert!(text.contains("\npicometer_family_capacity{metric=\"parcels\",scope=\"example\"} 2\n"));
/// assert!(text.contains("\npicometer_family_overflow_total{metric=\"parcels\",scope=\"example\"} 3\n"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UsageSet<const N: usize> {
    families: [FamilyUsage; N],
    len: usize,
    /// Of the set that is being visited.
    scope: &'static Scope,
}

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
        Self { families: [FamilyUsage::NONE; N], len: 0, scope: &SCOPE }
    }

    /// The families and their usage, in the order in which they were visited.
    #[must_use]
    pub fn families(&self) -> &[FamilyUsage] {
        self.families.get(..self.len).unwrap_or_default()
    }
}

impl<const N: usize> Default for UsageSet<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Visitor for UsageSet<N> {
    type Error = TooManyFamilies;

    fn scope(&mut self, scope: &'static Scope) -> Result<(), TooManyFamilies> {
        self.scope = scope;
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), TooManyFamilies> {
        let Some(usage) = metric.usage() else { return Ok(()) };
        let free = self.families.get_mut(self.len).ok_or(TooManyFamilies)?;
        *free = FamilyUsage { scope: self.scope, descriptor, usage };
        self.len += 1;
        Ok(())
    }
}

impl<const N: usize> MetricSet for UsageSet<N> {
    const SCOPE: Scope = SCOPE;
    const SCRATCH: usize = UsageTable::<'static, N>::SCRATCH;
    const DESCRIPTORS: &'static [Descriptor] = DESCRIPTORS;
    const KINDS: &'static [Kind] = KINDS;

    fn visit<V: Visitor>(&self, visitor: &mut V) -> Result<(), V::Error> {
        UsageTable::<N>(self.families()).visit(visitor)
    }
}

/// A [`UsageSet`] whose families are kept elsewhere, such as in memory that grows: at most `N` are shown.
#[derive(Debug, Clone, Copy)]
pub struct UsageTable<'a, const N: usize>(pub &'a [FamilyUsage]);

pub(super) static SCOPE: Scope = Scope { name: "picometer", version: env!("CARGO_PKG_VERSION") };

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

/// What the three metrics are called, and what each is.
pub(super) const DESCRIPTORS: &[Descriptor] = &[SERIES, CAPACITY, OVERFLOW];
pub(super) const KINDS: &[Kind] =
    &[Kind::Sum { monotonic: false }, Kind::Sum { monotonic: false }, Kind::Sum { monotonic: true }];

impl<const N: usize> MetricSet for UsageTable<'_, N> {
    const SCOPE: Scope = SCOPE;
    const SCRATCH: usize = otlp::SCRATCH_PER_SET + 3 * otlp::scratch_for::<Column<'static, N, false>>();
    const DESCRIPTORS: &'static [Descriptor] = DESCRIPTORS;
    const KINDS: &'static [Kind] = KINDS;

    fn visit<V: Visitor>(&self, visitor: &mut V) -> Result<(), V::Error> {
        let families = self.0;
        visitor.scope(&SCOPE)?;
        visitor.metric(&SERIES, &Column::<N, false> { families, value: |usage| usage.series as u64 })?;
        visitor.metric(&CAPACITY, &Column::<N, false> { families, value: |usage| usage.capacity as u64 })?;
        visitor.metric(&OVERFLOW, &Column::<N, true> { families, value: |usage| usage.overflowed })
    }
}

/// One number of every family: a metric with a series for each.
struct Column<'a, const N: usize, const MONOTONIC: bool> {
    families: &'a [FamilyUsage],
    value: fn(&Usage) -> u64,
}

const METRIC: Key = Key { name: "metric", prometheus: "metric" };
/// Names need not differ between scopes.
const SCOPE_OF_METRIC: Key = Key { name: "scope", prometheus: "scope" };

impl<const N: usize, const MONOTONIC: bool> Metric for Column<'_, N, MONOTONIC> {
    const INIT: Self = Self { families: &[], value: |usage| usage.overflowed };
    const KIND: Kind = Kind::Sum { monotonic: MONOTONIC };
    const FLOATS: bool = false;
    const POSITIONS: usize = N;

    fn is_live(&self, position: usize) -> bool {
        position < self.families.len()
    }

    fn labels<V: LabelVisitor>(&self, position: usize, visitor: &mut V) -> Result<(), V::Error> {
        let Some(family) = self.families.get(position) else { return Ok(()) };
        visitor.label(METRIC, Value::Text(family.descriptor.name))?;
        visitor.label(SCOPE_OF_METRIC, Value::Text(family.scope.name))
    }

    fn point<R>(&self, position: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        let family = self.families.get(position)?;
        Some(with(Point::Number(Number::Unsigned((self.value)(&family.usage)))))
    }
}
