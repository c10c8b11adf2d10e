//! A learned label against a map: the same name has the same number, another name another, and what does not fit is
//! the overflow.

use std::collections::HashMap;

use picometer::label::{LearnedTable, words};
use picometer::slots;
use picometer::visit::Value;

pub fn check(names: &[String]) {
    table::<1, { words(0) }, { slots(1) }>(names);
    table::<5, { words(15) }, { slots(5) }>(names);
    table::<8, { words(40) }, { slots(8) }>(names);
}

fn table<const CAPACITY: usize, const WORDS: usize, const SLOTS: usize>(names: &[String]) {
    let longest = WORDS * size_of::<usize>() - 1;
    let table: LearnedTable<CAPACITY, WORDS, SLOTS> = LearnedTable::new();
    let mut model: HashMap<&str, usize> = HashMap::new();
    // Twice, since a full table must still know what it learned.
    for name in names.iter().chain(names) {
        let index = table.learn(name).index();
        let is_new = !model.contains_key(name.as_str());
        if is_new && (name.len() > longest || model.len() == CAPACITY) {
            assert_eq!(index, CAPACITY, "{name:?} does not fit");
        } else {
            assert!(index < CAPACITY, "{name:?} fits");
            assert!(!is_new || model.values().all(|taken| *taken != index), "{name:?} has a number of its own");
            assert_eq!(*model.entry(name).or_insert(index), index, "{name:?} keeps its number");
        }
    }
    assert_eq!(table.learned(), model.len());
    for (name, index) in model {
        table.value(index, |value| assert_eq!(value, Value::Text(name)));
    }
    table.value(CAPACITY, |value| assert_eq!(value, Value::Text("_OTHER")));
}
