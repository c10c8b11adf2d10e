//! The list of headers, and that no value of one is ever shown.
#![no_main]

use picometer_fuzz::std_adapter::headers::{Header, check};

type Input = (Vec<Header>, String);

libfuzzer_sys::fuzz_target!(|input: Input| check(&input.0, &input.1));
