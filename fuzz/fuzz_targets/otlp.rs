//! OTLP, decoded by opentelemetry-proto, against what was recorded.
#![no_main]

use picometer_fuzz::core::encoded::{Step, check_otlp};

type Input = (Vec<Step>, Vec<(String, String)>, u64, u64);

libfuzzer_sys::fuzz_target!(|input: Input| check_otlp(&input.0, &input.1, input.2, input.3));
