//! `aiq-backend serve`: the service itself.

use std::{
    error::Error,
    future::Future,
    io::{self, IsTerminal},
    pin::pin,
    sync::Arc,
};

use picometer_std::{Telemetry, config::TelemetryConfig, instrument::pool::POOL};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    AppState, Limits,
    config::{PREFERRED_HASH_MEMORY_KIB, Settings},
    metrics, router, serve, shutdown_signal, telemetry,
};

/// Starts a runtime and serves until a signal says stop.
pub fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    start_logging("info");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(answer(settings));
    // Dropping the runtime would wait for a database that is still being opened.
    runtime.shutdown_background();
    outcome
}

async fn answer(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let mut shutdown = pin!(shutdown_signal()?);
    let (service, listener) = tokio::select! {
        // Opening can take its time: migrations run, or another process has the database.
        opened = open(settings) => opened?,
        () = &mut shutdown => {
            tracing::info!("stopped before it listened");
            return Ok(());
        }
    };
    service.serve_until(listener, shutdown).await;
    Ok(())
}

async fn open(settings: &Settings) -> Result<(Service, TcpListener), Box<dyn Error>> {
    let service = Service::open(settings, &telemetry::config_from_env()).await?;
    let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await?;
    announce(settings, &listener)?;
    Ok((service, listener))
}

/// The service, measured and ready to serve.
pub(super) struct Service {
    state: AppState,
    telemetry: Arc<Telemetry>,
}

impl Service {
    /// Starts telemetry, then opens the database, so that the migrations are measured too.
    pub(super) async fn open(settings: &Settings, config: &TelemetryConfig) -> Result<Self, Box<dyn Error>> {
        let telemetry = telemetry::start(config)?;
        let state = AppState::open(settings, telemetry::hooks(config), Arc::clone(&telemetry)).await?;
        POOL.limited(state.database().pool_size());
        metrics::resume_active_sessions(state.active_sessions().await?);
        Ok(Self { state, telemetry })
    }

    /// Serves until `shutdown` completes, and pushes a last time when nothing more is counted.
    pub(super) async fn serve_until(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let limits = Limits::from(self.state.settings());
        let database = self.state.database().clone();
        serve(listener, router(self.state), limits, shutdown).await;
        // A request that was given up may still be committing, and what is committed is counted.
        if let Err(error) = database.settle().await {
            tracing::warn!(%error, "database work did not end: what it counts is not pushed");
        }
        telemetry::stop(self.telemetry).await;
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

/// Logs go to stderr; `RUST_LOG` chooses which, `level` when it is unset or says nothing.
pub(super) fn start_logging(level: &str) {
    let level = level.parse().unwrap_or_else(|_| tracing::Level::INFO.into());
    let filter = EnvFilter::builder().with_default_directive(level).from_env_lossy();
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    // A program that embeds this command may have installed its own subscriber already; its choice stands.
    let _ = logs.try_init();
}
