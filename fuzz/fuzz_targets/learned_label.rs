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
        let known = model.len();
        let fits = name.len() <= 15;
        let expected = match model.get(name.as_str()) {
            Some(index) => *index,
            None if fits && known < CAPACITY => *model.entry(name).or_insert(known),
            None => CAPACITY,
        };
        assert_eq!(table.learn(name).index(), expected, "{name:?}");
    }
    assert_eq!(table.learned(), model.len());
    for (name, index) in model {
        table.value(index, |value| assert_eq!(value, Value::Text(name)));
    }
    table.value(CAPACITY, |value| assert_eq!(value, Value::Text("_OTHER")));
});
