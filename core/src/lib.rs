//! Metrics small enough for a microcontroller and fast enough for any server.
//!
//! # The way of a measurement
//! ```text
//! record -> cell -> visit -> encode -> export
//! ```
//! - **record** ([`instrument`]): [`Counter`], [`UpDownCounter`], [`Gauge`], [`Histogram`] over bounds you choose,
//!   [`ExponentialHistogram`] over bounds that follow the values, and of floats [`FloatCounter`], [`FloatGauge`],
//!   [`FloatHistogram`], [`FloatExponentialHistogram`] and [`SignedExponentialHistogram`]; alone or as a [`Family`] of
//!   them, one for each combination of [labels](label). It never returns an error, panics, locks, waits or allocates.
//! - **cell** ([`cell`]): a few atomics in a `static`, all-zero at the start, found by arithmetic on the labels.
//! - **visit** ([`visit`]): a [`Visitor`](visit::Visitor) walks the live cells; there is no tree and no snapshot in between.
//!   How full the families are is visited as well, through a [`UsageSet`](visit::UsageSet).
//! - **encode** ([`encode`]): visitors that write Prometheus text, OpenMetrics and OTLP protobuf, without allocating.
//! - **export** is the business of whoever owns a transport: on a server `picometer-std`, on a microcontroller yours.
//!
//! Memory is what the linker places; nothing grows. A label whose values come from outside has a bound, and what is
//! beyond it is counted visibly as [`_OTHER`](label::OTHER) or `otel.metric.overflow`.
//!
//! # Example
//! ```
//! use core::time::Duration;
//! use picometer::label::{HttpMethod, HttpStatus};
//! use picometer::{Counter, Family, Histogram, Label, LabelSet, MetricSet, instrument::HttpSeconds};
//!
//! /// At most 64 routes of at most 47 bytes, learned at run time.
//! #[derive(Label, Clone, Copy)]
//! #[label(capacity = 64, max_len = 47)]
//! struct Route(picometer::Learned);
//!
//! #[derive(LabelSet, Clone, Copy)]
//! #[label_set(max_series = 512)]
//! struct Request { method: HttpMethod, route: Route, status: HttpStatus }
//!
//! #[derive(MetricSet)]
//! #[metric_set(scope = "example.http")]
//! pub struct Http {
//!     /// Requests answered.
//!     #[metric(name = "http.server.requests", unit = "{request}")]
//!     requests: Family<Request, Counter>,
//!     /// Time from the first byte read to the last byte written.
//!     #[metric(name = "http.server.request.duration", unit = "s")]
//!     duration: Family<Request, Histogram<HttpSeconds>>,
//! }
//! static HTTP: Http = Http::new();
//!
//! let request = Request {
//!     method: HttpMethod::Get,
//!     route: Route::learn("/v1/ping"),
//!     status: HttpStatus::new(200),
//! };
//! HTTP.requests.with(request).inc();
//! HTTP.duration.with(request).record_duration(Duration::from_micros(830));
//! ```
//!
//! # Targets
//! Pointers have 32 bits or more. Where the target has no 64-bit atomics, as most microcontrollers, a total is two halves
//! that wrap at 2^63, and a gauge holds 32 bits; each instrument says what that means for it.
//!
//! Where the target has no compare-exchange (Cortex-M0 and M0+: `thumbv6m-none-eabi`; RISC-V without the A extension:
//! `riscv32imc-unknown-none-elf`), `portable-atomic` supplies it. How depends on the machine, so the final binary, and no
//! library, turns on one of its two features:
//! - `unsafe-assume-single-core`: interrupts are off for the few instructions that stand in for one. It is sound only where
//!   there is one core and the program may switch interrupts off.
//! - `critical-section`: the critical section that the program provides stands in, for several cores or under a system that
//!   allows no other way. Turn on that of your chip's crate as well, such as `critical-section-single-core` of `cortex-m`.
//!
//! ```toml
//! [dependencies]
//! picometer = "0.1"
//! portable-atomic = { version = "1", default-features = false, features = ["unsafe-assume-single-core"] }
//! ```
//! Without either the build stops with a sentence of `portable-atomic` that names them.
//!
//! # What this does not do
//! It has no clock, no thread and no transport. It does not reset: a total grows for as long as the program runs, and
//! deltas are an exporter's own business.

#![no_std]

#[cfg(any(test, loom))]
extern crate std;

// The derive macros name this crate as `::picometer`, here too.
extern crate self as picometer;

mod atomic;
pub mod cell;
pub mod encode;
pub mod family;
mod hash;
pub mod instrument;
mod intern;
pub mod label;
pub mod lease;
mod slots;
pub mod stripe;
pub mod visit;
mod words;

pub use family::Family;
pub use hash::set_hash_seed;
pub use instrument::{
    Counter, ExponentialHistogram, FloatCounter, FloatExponentialHistogram, FloatGauge, FloatHistogram, Gauge,
    Histogram, SignedExponentialHistogram, UpDownCounter,
};
pub use label::{Label, LabelSet, Learned};
pub use picometer_derive::{Label, LabelSet, MetricSet};
#[doc(hidden)]
pub use slots::slots;
pub use visit::MetricSet;
