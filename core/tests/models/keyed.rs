//! Run-time keys against a map: the order of the labels does not matter, of a key that is there twice the last value
//! counts, and what `Keyed` says is in the overflow is there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use picometer::family::{Keyed, MAX_LABELS};
use picometer::stripe::Striped;
use picometer::{Counter, keyed};

use super::{Chosen, Labels, choose_stripe, overflow, prometheus_name, series};

/// A table of so many lists of labels.
#[derive(Debug)]
pub struct Model {
    series: usize,
    words: usize,
    lists: BTreeSet<Labels>,
}

impl Model {
    pub fn new(series: usize, words: usize) -> Self {
        Self { series, words, lists: BTreeSet::new() }
    }

    /// How many lists are there.
    pub fn known(&self) -> usize {
        self.lists.len()
    }

    /// The labels under which a recording with `labels` is shown.
    pub fn place(&mut self, labels: &[(String, String)]) -> Labels {
        let list: Labels = labels.iter().cloned().collect::<BTreeMap<_, _>>().into_iter().collect();
        if self.lists.contains(&list) {
            return list;
        }
        if self.lists.len() == self.series || !self.fits(&list) || !can_be_shown(&list) {
            return overflow();
        }
        self.lists.insert(list.clone());
        list
    }

    fn fits(&self, list: &Labels) -> bool {
        let words = |text: &String| (text.len() + 1).div_ceil(size_of::<usize>());
        let all: usize = list.iter().map(|(key, value)| words(key) + words(value)).sum();
        list.len() <= MAX_LABELS && all < self.words
    }
}

fn can_be_shown(list: &Labels) -> bool {
    let names: BTreeSet<String> = list.iter().map(|(key, _)| prometheus_name(key)).collect();
    let reserved = ["le", "quantile", "otel_scope_name", "otel_scope_version", "otel_metric_overflow"];
    list.iter().all(|(key, _)| !key.is_empty()) && !names.iter().any(|name| reserved.contains(&name.as_str()))
}

/// Keys that nobody guesses: reserved ones, and pairs that become one for Prometheus.
const SPECIAL: [&str; 9] =
    ["le", "quantile", "otel.scope.name", "otel_scope_version", "otel.metric.overflow", "a.b", "a_b", "1a", "_1a"];

/// One recording: the labels, what more there is, how much, and on which stripe. From 200 on one of the special keys is
/// added, from 232 on so many others.
pub type Step = (Labels, u8, u32, u8);

pub fn check(steps: &[Step]) {
    let small: keyed!(Counter, series = 3, words = 6) = Keyed::new();
    let large: keyed!(Counter, series = 8, words = 80, stripes = Striped<2, Chosen>) = Keyed::new();
    let mut models = [(Model::new(3, 6), BTreeMap::new()), (Model::new(8, 80), BTreeMap::new())];
    for (labels, more, amount, stripe) in steps {
        choose_stripe((*stripe).into());
        let mut labels = labels.clone();
        if let Some(special) = more.checked_sub(200).and_then(|at| SPECIAL.get(usize::from(at) % 32)) {
            labels.push(((*special).to_owned(), String::new()));
        }
        labels.extend((232..*more).map(|n| (format!("k{n}"), String::new())));
        let mut borrowed: Vec<_> = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        small.with(&borrowed[..]).add((*amount).into());
        large.with(&borrowed[..]).add((*amount).into());
        // Again without duplicates and in other orders: it is the same series.
        borrowed = labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect();
        small.with(&borrowed[..]).inc();
        large.with(&borrowed[..]).inc();
        borrowed.reverse();
        small.with(&borrowed[..]).inc();
        large.with(&borrowed[..]).inc();
        let middle = borrowed.len() / 2;
        borrowed.rotate_left(middle);
        small.with(&borrowed[..]).inc();
        large.with(&borrowed[..]).inc();
        for (model, totals) in &mut models {
            *totals.entry(model.place(&labels)).or_default() += i128::from(*amount) + 3;
        }
    }
    let [(small_model, small_totals), (large_model, large_totals)] = models;
    assert_eq!(series(&small), small_totals, "3 series of 6 words");
    assert_eq!(series(&large), large_totals, "8 series of 80 words");
    assert_eq!((small.usage().series, large.usage().series), (small_model.known(), large_model.known()));
}
