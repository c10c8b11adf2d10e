//! The service, asked anything: it never fails, explains every refusal, and counts each request once.
#![no_main]

use picometer_fuzz::service::{Call, check};

libfuzzer_sys::fuzz_target!(|calls: Vec<Call>| check(&calls));
