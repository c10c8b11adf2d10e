//! Prometheus text, read back by a parser that shares nothing with the encoder, against what was recorded.
#![no_main]

use picometer_fuzz::core::encoded::{Step, check_text};
use picometer_fuzz::core::exposition::Format;

type Input = (Vec<Step>, bool, Vec<(String, String)>);

libfuzzer_sys::fuzz_target!(|input: Input| check_text(Format::Text, &input.0, input.1, &input.2));
