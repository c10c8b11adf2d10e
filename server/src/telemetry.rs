//! How the service is measured: what is registered, and where recording is hooked in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::MatchedPath;
use picometer_std::config::TelemetryConfig;
use picometer_std::instrument::http::{HTTP, HttpMetricsLayer};
use picometer_std::instrument::pool::POOL;
use picometer_std::instrument::sqlite::{self, DB};
use picometer_std::{NameTaken, Registry, Telemetry};

use crate::config::without_effect;
use crate::database::Hooks;
use crate::metrics::{self, AIQ, CONNECTIONS};

/// The resource attribute `service.name`, unless the environment says otherwise.
pub const SERVICE_NAME: &str = "aiq-backend";

/// What the environment says, with each warning about it logged.
pub fn config_from_env() -> TelemetryConfig {
    let (config, warnings) = read_env();
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    config
}

/// What the environment says, and what is to be said about it: values that are bad, and variables without effect.
pub fn read_env() -> (TelemetryConfig, Vec<String>) {
    let (config, warnings) = TelemetryConfig::from_env(SERVICE_NAME);
    let warnings = warnings.iter().map(ToString::to_string);
    (config, warnings.chain(without_effect(std::env::vars_os())).collect())
}

/// Starts the exporters, and lets recordings count if metrics are on.
///
/// # Errors
///
/// When two metrics have one name.
pub fn start(config: &TelemetryConfig) -> Result<Arc<Telemetry>, NameTaken> {
    let registry = Registry::new().with(&HTTP)?.with(&DB)?.with(&POOL)?.with(&AIQ)?.with(&CONNECTIONS)?;
    if config.metrics_on() {
        metrics::switch_on();
    }
    Ok(Arc::new(Telemetry::start(config, env!("CARGO_PKG_VERSION"), registry)))
}

/// Pushes a last time and stops the exporters, within `limit`. Blocks: nothing else is left to do by then, and a pool of
/// threads that all hang would never come to it.
pub fn stop(telemetry: &Telemetry, limit: Duration) {
    if let Err(error) = telemetry.shutdown(limit) {
        tracing::debug!(%error, "the last push failed");
    }
}

/// Measures every request to `router`.
pub fn measure_requests(router: Router) -> Router {
    router.layer(HttpMetricsLayer::new(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str)))
}

/// Measures every statement, and the pool.
pub fn hooks(config: &TelemetryConfig) -> Hooks {
    if !config.metrics_on() {
        return Hooks::default();
    }
    Hooks {
        on_connect: |connection| {
            sqlite::instrument(connection);
            Ok(())
        },
        pool_events: Box::new(PoolEvents),
    }
}

/// Tells the pool's metrics what r2d2 tells of the pool.
#[derive(Debug)]
struct PoolEvents;

impl r2d2::HandleEvent for PoolEvents {
    fn handle_acquire(&self, _event: r2d2::event::AcquireEvent) {
        POOL.opened();
    }

    fn handle_release(&self, _event: r2d2::event::ReleaseEvent) {
        POOL.closed();
    }

    fn handle_checkout(&self, event: r2d2::event::CheckoutEvent) {
        POOL.lent(event.duration());
    }

    fn handle_timeout(&self, _event: r2d2::event::TimeoutEvent) {
        POOL.timed_out();
    }

    fn handle_checkin(&self, _event: r2d2::event::CheckinEvent) {
        POOL.returned();
    }
}
