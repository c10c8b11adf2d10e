//! The environment: exactly one warning for each bad value, and what holds can be written down and read again.
#![no_main]

use picometer_fuzz::std_adapter::config::{Setting, check};

libfuzzer_sys::fuzz_target!(|settings: Vec<Setting>| check(&settings));
