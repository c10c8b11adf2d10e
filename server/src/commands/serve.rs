//! `aiq-backend serve`: the service itself.

use std::{io, sync::Arc};

use picometer_std::{Telemetry, config::TelemetryConfig, instrument::pool::POOL};
use tokio::net::TcpListener;

use super::{Outcome, block_on, open_unless_stopped};
use crate::{
    AppState, Limits, Stop,
    causes::WithCauses,
    config::{PREFERRED_HASH_MEMORY_KIB, Settings},
    metrics, needs, router, serve, telemetry,
};

/// Starts a runtime, and answers requests until a signal stops the service.
pub(super) fn run(settings: &Settings, stop: &Stop) -> Outcome<()> {
    block_on(settings, answer(settings, stop))
}

async fn answer(settings: &Settings, stop: &Stop) -> Outcome<()> {
    if let Some((service, listener)) = open_unless_stopped(stop, open(settings.clone())).await? {
        service.serve_until(listener, stop.clone()).await;
    }
    Ok(())
}

async fn open(settings: Settings) -> Outcome<(Service, TcpListener)> {
    let service = Service::open(&settings, &telemetry::config_from_env()).await?;
    let listener = needs::listen(&settings).await?;
    announce(&settings, &listener)?;
    Ok((service, listener))
}

/// The service, measured and ready to serve.
pub(super) struct Service {
    state: AppState,
    telemetry: Arc<Telemetry>,
}

impl Service {
    /// Starts telemetry, then opens the database, so that the migrations are measured too.
    pub(super) async fn open(settings: &Settings, config: &TelemetryConfig) -> Outcome<Self> {
        if let Err(error) = needs::file_descriptors(settings) {
            tracing::warn!("{}", WithCauses(&error));
        }
        let telemetry = telemetry::start(config)?;
        let state = AppState::open(settings, telemetry::hooks(config), Arc::clone(&telemetry)).await?;
        POOL.limited(state.database().pool_size());
        metrics::resume_active_sessions(state.active_sessions().await?);
        Ok(Self { state, telemetry })
    }

    /// Answers requests until a signal stops the service. Then waits for work on the database, and pushes metrics once more.
    pub(super) async fn serve_until(self, listener: TcpListener, stop: Stop) {
        let limits = Limits::from(self.state.settings());
        let database = self.state.database().clone();
        serve(listener, router(self.state), limits, stop.asked(), stop.given_up()).await;
        // A request that was given up may still be committing, and what is committed is counted.
        // Half of the time is left to the push, also when a disk hangs.
        if let Err(error) = database.settle(stop.time_for_work() / 2).await {
            tracing::warn!(%error, "database work did not end: what it counts is not pushed");
        }
        database.set_aside_log();
        telemetry::stop(&self.telemetry, stop.time_for_work());
        tracing::info!("stopped");
    }
}

fn announce(settings: &Settings, listener: &TcpListener) -> io::Result<()> {
    if settings.service_key.is_none() {
        tracing::warn!("SERVICE_KEY is not set: the admin endpoints refuse every request");
    }
    if settings.password_hash_memory_kib < PREFERRED_HASH_MEMORY_KIB {
        tracing::warn!(
            kib = settings.password_hash_memory_kib,
            "PASSWORD_HASH_MEMORY_KIB is below {PREFERRED_HASH_MEMORY_KIB}: passwords are easier to guess from a stolen database"
        );
    }
    tracing::info!(
        address = %listener.local_addr()?,
        database = %settings.database_url,
        version = env!("CARGO_PKG_VERSION"),
        "listening"
    );
    Ok(())
}
