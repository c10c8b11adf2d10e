//! Telemetry with every switch at its default.

use std::sync::Arc;

use picometer_std::{Registry, Telemetry, config::TelemetryConfig};

pub(crate) fn telemetry() -> Arc<Telemetry> {
    Arc::new(Telemetry::start(&TelemetryConfig::new("aiq-backend"), "0", Registry::new()))
}
