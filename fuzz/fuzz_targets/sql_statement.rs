//! The operation and the table of a statement, however it is written.
#![no_main]

use picometer_fuzz::std_adapter::statement::{Word, check};

type Input = (Vec<Word>, String, String);

libfuzzer_sys::fuzz_target!(|input: Input| check(&input.1, &input.0, &input.2));
