//! Carries picometer's metrics out of a process that has an operating system.
//!
//! - [`config`]: the environment variables, read once, each bad value warned about.
//! - [`Telemetry`]: start and stop.
//! - [`Registry`]: the metric sets of a process, [`Resource`]: what is being measured, and [`Clock`]: since when.
//! - [`thread`]: stripes and leases by thread.
//! - [`instrument`]: automatic instrumentation of HTTP servers and SQLite.
//! - [`export`]: what sends metrics: the OTLP/gRPC client and the thread that feeds it.

#![forbid(unsafe_code)]

mod clock;
pub mod config;
pub mod export;
pub mod instrument;
mod registry;
mod resource;
mod telemetry;
pub mod thread;

pub use clock::Clock;
pub use registry::{NameTaken, Registry};
pub use resource::Resource;
pub use telemetry::Telemetry;
