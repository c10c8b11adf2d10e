//! Carries picometer's metrics out of a process that has an operating system.
//!
//! - [`config`]: the environment variables, read once, each bad value warned about.
//! - [`Telemetry`]: start and stop.
//! - [`Registry`]: the metric sets of a process, and [`Resource`]: what is being measured.
//! - [`thread`]: stripes and leases by thread.
//! - [`instrument`]: automatic instrumentation of HTTP servers and SQLite.
//! - [`export`]: what sends metrics: the OTLP/gRPC client and the thread that feeds it.

#![forbid(unsafe_code)]

pub mod config;
pub mod export;
pub mod instrument;
mod registry;
mod resource;
mod telemetry;
pub mod thread;

pub use registry::{NameTaken, Registry};
pub use resource::Resource;
pub use telemetry::Telemetry;
