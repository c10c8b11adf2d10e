//! Dense tables and those of `max_series`, on one stripe, several and leased ones, against maps.
#![no_main]

use picometer_fuzz::core::families::{Step, check};

libfuzzer_sys::fuzz_target!(|steps: Vec<Step>| check(&steps));
