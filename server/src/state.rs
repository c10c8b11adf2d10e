//! What every handler shares.

use std::sync::Arc;

use picometer_std::Telemetry;

use crate::{
    auth::{
        key_file,
        password::Passwords,
        service_key::ServiceKey,
        token::{self, Tokens},
    },
    config::Settings,
    database::{self, Database, Hooks},
    needs, store,
};

/// Clones are cheap and share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) settings: Arc<Settings>,
    pub(crate) database: Database,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Tokens,
    pub(crate) service_key: Option<ServiceKey>,
    pub(crate) telemetry: Arc<Telemetry>,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error(transparent)]
    KeyFile(#[from] key_file::Error),
    #[error(transparent)]
    Token(#[from] token::Error),
    #[error(transparent)]
    Needs(#[from] needs::Error),
    #[error("starting did not end")]
    Ended(#[from] tokio::task::JoinError),
}

impl AppState {
    /// Opens the database, and the key file when no key is configured.
    ///
    /// # Errors
    ///
    /// When either cannot be used; the error says why and what to do.
    pub async fn open(settings: &Settings, hooks: Hooks, telemetry: Arc<Telemetry>) -> Result<Self, StartError> {
        let settings = settings.clone();
        // Migrations take their time.
        tokio::task::spawn_blocking(move || Self::open_blocking(settings, hooks, telemetry)).await?
    }

    fn open_blocking(settings: Settings, hooks: Hooks, telemetry: Arc<Telemetry>) -> Result<Self, StartError> {
        let database = Database::open(
            &settings.database_url,
            settings.database_pool_size,
            settings.database_timeout_seconds.0,
            hooks,
        )?;
        let tokens = match &settings.jwt_secret_key {
            Some(secret) => Tokens::new(secret.expose().as_bytes())?,
            None => Tokens::new(&key_file::load_or_create(&database::beside(settings.database_url.path(), ".jwt"))?)?,
        };
        Ok(Self {
            passwords: needs::passwords(&settings)?,
            service_key: settings.service_key.clone().map(ServiceKey::new),
            settings: Arc::new(settings),
            database,
            tokens,
            telemetry,
        })
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many test sessions are in progress, which a gauge of them has to begin with after a restart.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub async fn active_sessions(&self) -> Result<u64, database::Error> {
        self.database.run(|db| Ok(store::sessions::count_active(db)?)).await
    }
}
