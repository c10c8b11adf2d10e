//! Histograms against sorted vectors.
#![no_main]

use picometer_fuzz::core::histogram::check;

type Recorded = (Vec<(u64, u8)>, Vec<(u64, u32)>);

libfuzzer_sys::fuzz_target!(|recorded: Recorded| check(&recorded.0, &recorded.1));
