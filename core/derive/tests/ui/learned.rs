//! A learned label says how many values of which length it takes.

use picometer::{Label, Learned};

#[derive(Label, Clone, Copy)]
struct NoCapacity(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 0)]
struct CapacityZero(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 8, max_len = 0)]
struct LengthZero(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 8, max_len = 256)]
struct TooLong(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 20_000_000)]
struct TooMany(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = 8)]
struct TwoFields(Learned, Learned);

const NONE: usize = 0;

#[derive(Label, Clone, Copy)]
#[label(capacity = NONE)]
struct ConstantZero(Learned);

mod limits {
    pub const NAME: usize = 200;
}

#[derive(Label, Clone, Copy)]
#[label(capacity = 8, max_len = limits::NAME + 56)]
struct ConstantTooLong(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = "8")]
struct Text(Learned);

#[derive(Label, Clone, Copy)]
#[label(capacity = std::env::args().count())]
struct NoConstant(Learned);

fn main() {}
