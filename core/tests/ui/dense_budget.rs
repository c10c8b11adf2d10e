//! A table with a cell for each combination is small; a family of more says how many are in use.

use picometer::{LabelSet, label::HttpStatus};

#[derive(LabelSet, Clone, Copy)]
struct Large {
    from: HttpStatus,
    to: HttpStatus,
}

fn main() {}
