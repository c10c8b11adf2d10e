//! A learned label against a map.
#![no_main]

libfuzzer_sys::fuzz_target!(|names: Vec<String>| picometer_fuzz::core::learned::check(&names));
