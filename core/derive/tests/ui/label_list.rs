//! Labels known at run time only are an array of a few, or a slice.

use picometer::family::Keyed;
use picometer::{Counter, keyed};

static FAMILY: keyed!(Counter, series = 10, words = 12) = Keyed::new();

fn main() {
    FAMILY.with(&vec![("a", "1")]).inc();
    FAMILY.with(&[("k", "v"); 9]).inc();
    FAMILY.with(&[("a", 1)]).inc();
}
