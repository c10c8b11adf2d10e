//! A learned label against a map: the same name has the same number, another name another, and what does not fit is
//! the overflow.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use picometer::label::{LearnedTable, words};
use picometer::slots;
use picometer::visit::Value;

const CAPACITY: usize = 5;

fuzz_target!(|names: Vec<String>| {
    let table: LearnedTable<CAPACITY, { words(15) }, { slots(CAPACITY) }> = LearnedTable::new();
    let mut model: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        let index = table.learn(name).index();
        let is_new = !model.contains_key(name.as_str());
        if is_new && (name.len() > 15 || model.len() == CAPACITY) {
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
});
