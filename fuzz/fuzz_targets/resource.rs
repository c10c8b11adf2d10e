//! The attributes of the resource, in OTLP and as labels of `target_info`.
#![no_main]

use picometer_fuzz::std_adapter::resource::check;

type Input = (String, Vec<(String, String)>);

libfuzzer_sys::fuzz_target!(|input: Input| check(&input.0, &input.1));
