//! Metrics, put in one form whichever way they came.

use std::collections::{BTreeMap, BTreeSet};

/// A name and labels, spelled as Prometheus does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Histogram {
        count: u64,
        sum: f64,
        /// Each bound, and how many were not above it.
        buckets: Vec<(f64, u64)>,
    },
}

pub(crate) type Metrics = BTreeMap<Series, Value>;

/// One line of an exposition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// Whether it belongs to a histogram.
    pub(crate) is_histogram: bool,
    pub(crate) series: Series,
    pub(crate) value: f64,
}

/// The metrics in a text of format 0.0.4.
pub(crate) fn parse(text: &str) -> Metrics {
    let mut histograms = BTreeSet::new();
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            if let Some(name) = comment.strip_prefix(" TYPE ").and_then(|rest| rest.strip_suffix(" histogram")) {
                histograms.insert(name);
            }
            continue;
        }
        let (series, value) = sample(line).unwrap_or_else(|| panic!("not a sample: {line}"));
        let is_histogram = split_suffix(&series.name).is_some_and(|(name, _)| histograms.contains(name));
        samples.push(Sample { is_histogram, series, value });
    }
    gather(samples)
}

/// Puts the samples of each histogram together. Two samples of one series are a failure.
pub(crate) fn gather(samples: impl IntoIterator<Item = Sample>) -> Metrics {
    let mut metrics = Metrics::new();
    let mut seen = BTreeSet::new();
    for Sample { is_histogram, series, value } in samples {
        assert!(seen.insert(series.clone()), "twice: {series:?}");
        let parts = is_histogram.then(|| split_suffix(&series.name)).flatten();
        let Some((name, part)) = parts else {
            metrics.insert(series, Value::Number(value));
            continue;
        };
        let mut labels = series.labels.clone();
        let bound = labels.remove("le");
        let whole = metrics.entry(Series { name: name.to_owned(), labels }).or_insert(Value::Histogram {
            count: 0,
            sum: 0.0,
            buckets: Vec::new(),
        });
        let Value::Histogram { count, sum, buckets } = whole else { panic!("a histogram and a number: {series:?}") };
        match part {
            "_count" => *count = value as u64,
            "_sum" => *sum = value,
            _ => buckets.push((number(&bound.unwrap()).unwrap(), value as u64)),
        }
    }
    metrics
}

/// What looking at the metrics does not change.
pub(crate) fn settled(metrics: Metrics) -> Metrics {
    let is_settled = |series: &Series| {
        !["http_server_active_requests", "connections_open"].contains(&&*series.name)
            && series.labels.get("route").is_none_or(|route| route != "/v1/metrics")
    };
    metrics.into_iter().filter(|(series, _)| is_settled(series)).collect()
}

/// How two sets of metrics differ; empty when they do not.
pub(crate) fn difference(left: &Metrics, right: &Metrics) -> Vec<String> {
    let series: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let differing = series.into_iter().filter(|series| left.get(series) != right.get(series));
    differing.map(|series| format!("{series:?}: {:?} and {:?}", left.get(series), right.get(series))).collect()
}

/// `+Inf` is how the format spells infinity.
fn number(text: &str) -> Option<f64> {
    if text == "+Inf" { Some(f64::INFINITY) } else { text.parse().ok() }
}

fn split_suffix(name: &str) -> Option<(&str, &str)> {
    ["_bucket", "_sum", "_count"].iter().find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)))
}

fn sample(line: &str) -> Option<(Series, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (key, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            assert!(labels.insert(key.to_owned(), value).is_none(), "a label twice: {line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    Some((Series { name: name.to_owned(), labels }, number(rest.strip_prefix(' ')?)?))
}

/// What comes before the closing quote, without escapes, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            plain => value.push(plain),
        }
    }
    None
}
