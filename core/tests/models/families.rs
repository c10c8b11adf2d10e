//! Families against maps: a dense table has every combination, one of `max_series` the first ones and the overflow, and
//! stripes add up.

use std::collections::BTreeMap;

use picometer::label::NumberLabel;
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::{Counter, Family, Label, LabelSet, Learned, UpDownCounter};

use super::{Chosen, Labels, choose_stripe, overflow, series};

#[derive(Label, Debug, Clone, Copy)]
pub enum Color {
    #[label("red")]
    Red,
    #[label("green")]
    Green,
    #[label("")]
    None,
    #[label("_OTHER")]
    Other,
}

/// Its names are learned before they are used: the table is a static, and a check must not depend on the one before.
#[derive(Label, Debug, Clone, Copy)]
#[label(capacity = 2, max_len = 7)]
pub struct Name(Learned);

/// From 10 to 12.
pub type Dozen = NumberLabel<10, 12>;

#[derive(LabelSet, Debug, Clone, Copy)]
pub struct Few {
    pub color: Option<Color>,
    #[label(name = "is.it")]
    pub is_it: Option<bool>,
    pub dozen: Dozen,
}

/// So many of the combinations of [`Many`] have a series.
pub const MAX_SERIES: usize = 5;

#[derive(LabelSet, Debug, Clone, Copy)]
#[label_set(max_series = 5)]
pub struct Many {
    pub color: Option<Color>,
    pub name: Option<Name>,
    #[label(name = "is.it")]
    pub is_it: Option<bool>,
    pub dozen: Dozen,
}

/// Which labels, chosen by numbers of which each has a few.
pub type Choice = (u8, u8, u8, u8);

/// The labels of this choice, and how they are shown.
pub fn chosen((color, name, is_it, dozen): Choice) -> (Few, Many, Labels, Labels) {
    for known in ["first", ""] {
        let _ = Name::learn(known);
    }
    let (color, color_shown) = [
        (None, None),
        (Some(Color::Red), Some("red")),
        (Some(Color::Green), Some("green")),
        (Some(Color::None), Some("")),
        (Some(Color::Other), Some("_OTHER")),
    ][color as usize % 5];
    let (name, name_shown) = [
        (None, None),
        (Some("first"), Some("first")),
        (Some(""), Some("")),
        (Some("third"), Some("_OTHER")),
        (Some("_OTHER"), Some("_OTHER")),
        (Some("too long a name"), Some("_OTHER")),
    ][name as usize % 6];
    let is_it = [None, Some(false), Some(true)][is_it as usize % 3];
    let dozen = u32::from(dozen % 6) + 8;
    let dozen_shown = if (10..=12).contains(&dozen) { dozen.to_string() } else { "-1".to_owned() };
    let dozen = Dozen::new(dozen);

    let text = |key: &str, value: Option<&str>| value.map(|value| (key.to_owned(), value.to_owned()));
    let mut few_shown = Labels::from_iter(text("color", color_shown));
    let mut many_shown = few_shown.clone();
    many_shown.extend(text("name", name_shown));
    few_shown.extend(is_it.map(|is_it| ("is.it".to_owned(), is_it.to_string())));
    few_shown.push(("dozen".to_owned(), dozen_shown));
    many_shown.extend(few_shown.iter().filter(|(key, _)| key != "color").cloned());
    let few = Few { color, is_it, dozen };
    let many = Many { color, name: name.map(Name::learn), is_it, dozen };
    (few, many, few_shown, many_shown)
}

/// The series of [`Many`]: the first that come, and one for all others.
#[derive(Debug, Default)]
pub struct FirstCome(Vec<Labels>);

impl FirstCome {
    /// The labels under which a recording with `labels` is shown.
    pub fn place(&mut self, labels: Labels) -> Labels {
        if self.0.contains(&labels) {
            return labels;
        }
        if self.0.len() == MAX_SERIES {
            return overflow();
        }
        self.0.push(labels.clone());
        labels
    }
}

/// One recording: the labels, how much, and on which stripe.
pub type Step = (Choice, u32, u8);

pub fn check(steps: &[Step]) {
    let dense: Family<Few, Counter> = Family::new();
    let dense_striped: Family<Few, Counter, Striped<4, Chosen>> = Family::new();
    let dense_sums: Family<Few, UpDownCounter, Striped<2, Chosen>> = Family::new();
    let sparse: Family<Many, Counter> = Family::new();
    let sparse_striped: Family<Many, UpDownCounter, Striped<2, Chosen>> = Family::new();
    let leased: Family<Many, Counter, Striped<4, Leasable>> = Family::new();
    let lease = lease::take();

    let (mut few, mut few_sums) = (BTreeMap::<Labels, i128>::new(), BTreeMap::<Labels, i128>::new());
    let (mut many, mut many_sums) = (BTreeMap::<Labels, i128>::new(), BTreeMap::<Labels, i128>::new());
    let mut first_come = FirstCome::default();
    for (choice, amount, stripe) in steps.iter().copied() {
        choose_stripe(if stripe < 128 { stripe.into() } else { usize::MAX - usize::from(stripe) });
        let (labels, wide, shown, wide_shown) = chosen(choice);
        let change = if stripe % 2 == 0 { i64::from(amount) } else { -i64::from(amount) };
        dense.with(labels).add(amount.into());
        dense_striped.with(labels).add(amount.into());
        dense_sums.with(labels).add(change);
        sparse.with(wide).add(amount.into());
        sparse_striped.with(wide).add(change);
        match lease.as_ref().filter(|_| stripe % 3 == 0) {
            Some(lease) => leased.own(lease, wide).add(amount.into()),
            None => leased.with(wide).add(amount.into()),
        }

        let place = first_come.place(wide_shown);
        *few.entry(shown.clone()).or_default() += i128::from(amount);
        *few_sums.entry(shown).or_default() += i128::from(change);
        *many.entry(place.clone()).or_default() += i128::from(amount);
        *many_sums.entry(place).or_default() += i128::from(change);
    }
    // An overflow of nothing has nothing to show.
    many.retain(|labels, total| *total != 0 || *labels != overflow());
    assert_eq!(series(&dense), few, "dense");
    assert_eq!(series(&dense_striped), few, "dense, striped");
    assert_eq!(series(&dense_sums), few_sums, "dense, striped sums");
    assert_eq!(series(&sparse), many, "max_series");
    assert_eq!(series(&sparse_striped), many_sums, "max_series, striped sums");
    assert_eq!(series(&leased), many, "max_series, leased");
}
