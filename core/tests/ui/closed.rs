//! The variants of a closed label are its values.

use picometer::Label;

#[derive(Label, Clone, Copy)]
enum Empty {}

#[derive(Label, Clone, Copy)]
enum Fields {
    Known,
    Other(u32),
}

#[derive(Label, Clone, Copy)]
enum Twice {
    Get,
    #[label("get")]
    Fetch,
}

#[derive(Label, Clone, Copy)]
union Union {
    number: u32,
}

fn main() {}
