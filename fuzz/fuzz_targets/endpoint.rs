//! The endpoint of the receiver, and that no credentials in it are ever shown.
#![no_main]

use picometer_fuzz::std_adapter::endpoint::{Parts, check};

type Input = (Parts, String);

libfuzzer_sys::fuzz_target!(|input: Input| check(&input.1, &input.0));
