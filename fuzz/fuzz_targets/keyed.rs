//! Run-time keys against a map.
#![no_main]

use picometer_fuzz::core::keyed::{Step, check};

libfuzzer_sys::fuzz_target!(|steps: Vec<Step>| check(&steps));
