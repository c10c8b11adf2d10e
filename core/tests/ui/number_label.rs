//! The bounds of a number label are in order.

use picometer::{LabelSet, label::NumberLabel};

#[derive(LabelSet, Clone, Copy)]
struct Backwards {
    questions: NumberLabel<5, 1>,
}

fn main() {}
