//! Histograms against sorted vectors and maps.
#![no_main]

use picometer_fuzz::core::{exponential, histogram};

type Recorded = (Vec<(u64, u8)>, Vec<(u64, u32)>);

libfuzzer_sys::fuzz_target!(|recorded: Recorded| {
    histogram::check(&recorded.0, &recorded.1);
    exponential::check(&recorded.0);
});
