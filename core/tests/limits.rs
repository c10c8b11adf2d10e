//! Limits of labels and label sets are numbers or constants, whatever these are called.
#![cfg(not(loom))]

use picometer::{Counter, Family, Label, LabelSet, Learned};

// Names that the derived code could have used for itself.
const CAPACITY: usize = 2;
const MAX_LEN: usize = 3;
const TABLE: usize = 1;
const CARDINALITY: usize = 4;

const fn twice(number: usize) -> usize {
    2 * number
}

#[derive(Label, Clone, Copy, PartialEq, Debug)]
#[label(capacity = CAPACITY, max_len = MAX_LEN)]
struct Named(Learned);

#[derive(Label, Clone, Copy, PartialEq, Debug)]
#[label(capacity = twice(TABLE) - 1, max_len = { let third = MAX_LEN; 2 * third })]
struct Computed(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = CARDINALITY / 2)]
struct Both {
    named: Named,
    computed: Computed,
}

#[test]
fn a_limit_is_any_constant_expression() {
    assert_eq!((Named::CARDINALITY, Computed::CARDINALITY), (CAPACITY + 1, 2));
    assert_eq!(Named::learn("four"), Named::OTHER, "longer than `max_len`");
    for name in ["a", "b", "c"] {
        assert_eq!(Named::learn(name) == Named::OTHER, name == "c", "{name}: the third of two");
    }
    assert_ne!(Computed::learn("sixsix"), Computed::OTHER);

    let family = Family::<Both, Counter>::new();
    for name in ["a", "b", "c"] {
        family.with(Both { named: Named::learn(name), computed: Computed::OTHER }).inc();
    }
    let usage = family.usage();
    assert_eq!((usage.series, usage.capacity, usage.overflowed), (2, 2, 1));
}
