//! Names: which of them a metric takes in each format, and which metrics cannot be exported together.
//!
//! The derive macro checks a set with these functions when the program is compiled, and a registry checks each set
//! against those that it has.

use core::fmt;

use crate::visit::{Descriptor, Kind, MetricSet, usage};

/// What the metrics of a set are called, in order of declaration.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The name of the set's scope.
    pub scope: &'a str,
    /// The names.
    pub descriptors: &'a [Descriptor],
    /// What each metric is: as many as there are descriptors.
    pub kinds: &'a [Kind],
}

/// The metrics that say how full families are: a registry adds them to every scrape.
const USAGE: Names<'static> = Names { scope: usage::SCOPE.name, descriptors: usage::DESCRIPTORS, kinds: usage::KINDS };

impl Names<'static> {
    /// The names of a set.
    #[must_use]
    pub const fn of<S: MetricSet>() -> Self {
        Self { scope: S::SCOPE.name, descriptors: S::DESCRIPTORS, kinds: S::KINDS }
    }
}

impl<'a> Names<'a> {
    /// What is wrong with the name of the metric at `index`: beside those before it, or by itself.
    #[must_use]
    pub const fn fault(&self, index: usize) -> Option<Fault<'a>> {
        if let Some(fault) = self.at(index).beside(self, index) {
            return Some(fault);
        }
        self.at(index).alone()
    }

    /// The first metric of this set that cannot be exported together with one of `other`.
    #[must_use]
    pub const fn clash(&self, other: &Self) -> Option<Fault<'a>> {
        let mut index = 0;
        while index < self.descriptors.len() {
            if let Some(fault) = self.at(index).beside(other, other.descriptors.len()) {
                return Some(fault);
            }
            index += 1;
        }
        None
    }

    /// Ends the compilation with a sentence if the name of the metric at `index` cannot be, by itself or beside those at
    /// `others`. The derive macro names those that have a chance: to compare all with all takes the compiler minutes.
    #[doc(hidden)]
    #[track_caller]
    pub const fn check(&self, index: usize, others: &[usize]) {
        let metric = self.at(index);
        let mut at = 0;
        while at < others.len() {
            if let Some(fault) = metric.clash(&self.at(others[at])) {
                panic!("{}", Sentence::of(&fault).text());
            }
            at += 1;
        }
        if let Some(fault) = metric.alone() {
            panic!("{}", Sentence::of(&fault).text());
        }
    }

    const fn at(&self, index: usize) -> Named<'a> {
        Named { scope: self.scope, descriptor: &self.descriptors[index], kind: self.kinds[index] }
    }
}

/// One metric.
#[derive(Clone, Copy)]
struct Named<'a> {
    scope: &'a str,
    descriptor: &'a Descriptor,
    kind: Kind,
}

impl<'a> Named<'a> {
    /// What is wrong whatever other metrics a program has.
    const fn alone(&self) -> Option<Fault<'a>> {
        // A registry adds these metrics itself.
        if let Some(fault) = self.beside(&USAGE, USAGE.descriptors.len()) {
            return Some(fault);
        }
        let family = family(self.descriptor.prometheus, self.kind);
        let mut at = 0;
        while at < RESERVED.len() {
            let (name, suffixes, owner) = RESERVED[at];
            if let Some(suffix) = shared(family, suffixes_of(self.kind), name, suffixes) {
                return Some(Fault([
                    "metric `",
                    self.descriptor.name,
                    "` of `",
                    self.scope,
                    "` takes the name `",
                    family,
                    suffix,
                    "` in Prometheus, which is kept for ",
                    owner,
                    REMEDY,
                    "",
                    "",
                ]));
            }
            at += 1;
        }
        let mut at = 0;
        while at < ENDINGS.len() && !matches!(self.kind, Kind::Sum { monotonic: true }) {
            let (ending, owner) = ENDINGS[at];
            if ends_with(self.descriptor.prometheus, ending) {
                return Some(Fault([
                    "metric `",
                    self.descriptor.name,
                    "` of `",
                    self.scope,
                    "` is `",
                    self.descriptor.prometheus,
                    "` in Prometheus, where `",
                    ending,
                    "` ends the samples of ",
                    owner,
                    REMEDY,
                    "",
                ]));
            }
            at += 1;
        }
        None
    }

    /// What is wrong beside the first `count` metrics of a set.
    const fn beside(&self, set: &Names<'a>, count: usize) -> Option<Fault<'a>> {
        let mut at = 0;
        while at < count {
            let other = set.at(at);
            if let Some(fault) = self.clash(&other) {
                return Some(fault);
            }
            at += 1;
        }
        None
    }

    const fn clash(&self, other: &Self) -> Option<Fault<'a>> {
        let (mine, its) = (self.descriptor, other.descriptor);
        // A metric is identified by its scope and its name, ignoring case (OpenTelemetry, "Instrument name syntax").
        // Versions of a scope are not told apart: no other format has them in a name.
        if equal(self.scope, other.scope) && mine.name.eq_ignore_ascii_case(its.name) {
            return Some(Fault([
                "metric `",
                mine.name,
                "` and metric `",
                its.name,
                "` of `",
                self.scope,
                "` have one name in OpenTelemetry, where case makes no difference: rename one",
                "",
                "",
                "",
                "",
                "",
            ]));
        }
        let (mine_family, its_family) = (family(mine.prometheus, self.kind), family(its.prometheus, other.kind));
        match shared(mine_family, suffixes_of(self.kind), its_family, suffixes_of(other.kind)) {
            Some(suffix) => Some(Fault([
                "metric `",
                mine.name,
                "` of `",
                self.scope,
                "` and metric `",
                its.name,
                "` of `",
                other.scope,
                "` both take the name `",
                mine_family,
                suffix,
                "` in Prometheus: rename one, or give one another name there with `prometheus = \"...\"`",
            ])),
            None => None,
        }
    }
}

/// What to do about a name that cannot be.
const REMEDY: &str = ": rename it, or give it another name there with `prometheus = \"...\"`";

/// Why a metric cannot be exported under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault<'a>([&'a str; 12]);

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| f.write_str(piece))
    }
}

impl core::error::Error for Fault<'_> {}

/// The suffix of a counter's samples.
pub(crate) const TOTAL: &str = "_total";

/// The name of a metric's family: that of a counter's samples without their suffix (OpenMetrics 1.0, "Suffixes").
const fn family(prometheus: &str, kind: Kind) -> &str {
    if matches!(kind, Kind::Sum { monotonic: true }) && ends_with(prometheus, TOTAL) {
        prometheus.split_at(prometheus.len() - TOTAL.len()).0
    } else {
        prometheus
    }
}

/// What a family's name and the names of its samples end in, whether it has such samples today or not: "The name of a
/// MetricFamily MUST NOT result in a potential clash for sample metric names" (OpenMetrics 1.0, "Suffixes").
const fn suffixes_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Sum { monotonic: true } => &["", TOTAL, "_created"],
        Kind::Sum { monotonic: false } | Kind::Gauge => &[""],
        Kind::Histogram { .. } | Kind::ExponentialHistogram { .. } => &["", "_bucket", "_count", "_sum", "_created"],
    }
}

/// Families that a scrape has or gets without being asked, and what they are for.
const RESERVED: &[(&str, &[&str], &str)] = &[
    // OpenMetrics 1.0, "Supporting target metadata in both push-based and pull-based systems".
    ("target", &["", "_info"], "the attributes of the resource"),
    // OpenTelemetry, "Prometheus and OpenMetrics Compatibility", "Instrumentation Scope": receivers drop it.
    ("otel_scope", &["", "_info"], "the attributes of scopes"),
    // Prometheus adds them to every scrape: "Jobs and instances", "Automatically generated labels and time series".
    ("up", &[""], "what Prometheus adds to a scrape"),
    ("scrape_duration_seconds", &[""], "what Prometheus adds to a scrape"),
    ("scrape_samples_post_metric_relabeling", &[""], "what Prometheus adds to a scrape"),
    ("scrape_samples_scraped", &[""], "what Prometheus adds to a scrape"),
    ("scrape_series_added", &[""], "what Prometheus adds to a scrape"),
];

/// Endings of samples, and the metrics that have them. "Exposers SHOULD avoid names that could be confused with the
/// suffixes that text format sample metric names use" (OpenMetrics 1.0, "Suffixes"), and promtool refuses most. Not
/// `_info`: OpenTelemetry gives that ending to gauges itself.
const ENDINGS: &[(&str, &str)] = &[
    (TOTAL, "counters"),
    ("_created", "counters and histograms"),
    ("_bucket", "histograms"),
    ("_count", "histograms"),
    ("_sum", "histograms"),
];

/// The suffix that makes a name of the first family one of the second.
const fn shared<'a>(family: &str, suffixes: &[&'a str], other: &str, others: &[&str]) -> Option<&'a str> {
    if !starts_with(family, other) && !starts_with(other, family) {
        return None;
    }
    let mut i = 0;
    while i < suffixes.len() {
        let mut j = 0;
        while j < others.len() {
            if is_joined(family, suffixes[i], other, others[j]) {
                return Some(suffixes[i]);
            }
            j += 1;
        }
        i += 1;
    }
    None
}

/// Whether `a` and its suffix are the text that `b` and its suffix are.
const fn is_joined(a: &str, a_suffix: &str, b: &str, b_suffix: &str) -> bool {
    let len = a.len() + a_suffix.len();
    if len != b.len() + b_suffix.len() {
        return false;
    }
    let mut at = 0;
    while at < len {
        if joined_at(a, a_suffix, at) != joined_at(b, b_suffix, at) {
            return false;
        }
        at += 1;
    }
    true
}

const fn joined_at(text: &str, suffix: &str, at: usize) -> u8 {
    if at < text.len() { text.as_bytes()[at] } else { suffix.as_bytes()[at - text.len()] }
}

const fn equal(a: &str, b: &str) -> bool {
    is_joined(a, "", b, "")
}

const fn starts_with(text: &str, start: &str) -> bool {
    let mut at = 0;
    while at < start.len() {
        if at >= text.len() || text.as_bytes()[at] != start.as_bytes()[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn ends_with(text: &str, end: &str) -> bool {
    text.len() >= end.len() && equal(text.split_at(text.len() - end.len()).1, end)
}

/// The sentence of a fault, for a panic of the compiler, which formats nothing.
struct Sentence {
    bytes: [u8; Self::LONGEST],
    len: usize,
}

impl Sentence {
    /// Names have at most 255 characters, and a sentence has five at most.
    const LONGEST: usize = 2048;

    const fn of(fault: &Fault<'_>) -> Self {
        let mut sentence = Self { bytes: [0; Self::LONGEST], len: 0 };
        let mut piece = 0;
        while piece < fault.0.len() {
            let bytes = fault.0[piece].as_bytes();
            let mut at = 0;
            while at < bytes.len() && sentence.len < Self::LONGEST {
                sentence.bytes[sentence.len] = bytes[at];
                sentence.len += 1;
                at += 1;
            }
            piece += 1;
        }
        sentence
    }

    const fn text(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a name of this metric is taken",
        }
    }
}
