//! What one service after the other begins with: a database that is copied, which is faster than to make one.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aiq_backend::auth::token::{Claims, TokenType, Tokens};
use aiq_backend::config::{DatabaseUrl, Seconds, Settings};
use aiq_backend::{AppState, telemetry};
use picometer_std::Telemetry;
use picometer_std::config::TelemetryConfig;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::Service;

pub(super) const SERVICE_KEY: &str = "open sesame";

const TOKEN_KEY: &str = "0123456789abcdef0123456789abcdef";

/// Every input may have one. A database grows with what is asked, too: when its users are used up, a new one is begun.
pub(super) const USERS: usize = 1_000;

/// One question of so many stays: a few of each type and difficulty, so that drawing some takes little time, and a user
/// can have seen them all.
const QUESTIONS_THINNED: u8 = 10;

pub(super) struct Template {
    config: TelemetryConfig,
    telemetry: Arc<Telemetry>,
    tokens: Tokens,
    /// A database with [`USERS`] and few questions.
    database: TempDir,
}

pub(super) static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let (config, warnings) = TelemetryConfig::from_lookup("fuzz", |name| match name {
        "OTEL_EXPORTER" => Some("none".into()),
        "OTEL_ENABLED" | "OTEL_METRICS_ENABLED" | "PROMETHEUS_METRICS_ENABLED" => Some("true".into()),
        _ => None,
    });
    assert!(warnings.is_empty());
    let telemetry = telemetry::start(&config).expect("telemetry");
    let tokens = Tokens::new(TOKEN_KEY.as_bytes()).expect("a key");
    let mut template = Template { config, telemetry, tokens, database: directory() };
    let mut service = Service::on(&template, directory());
    (1..=USERS).for_each(|user| service.register(user));
    template.database = service.stop();
    let made = Connection::open(template.database.path().join(FILE)).expect("the database");
    let few = format!("DELETE FROM questions WHERE id % {QUESTIONS_THINNED} <> 0; VACUUM");
    made.execute_batch(&few).expect("few questions");
    template
});

const FILE: &str = "aiq.db";

impl Template {
    pub(super) fn copy(&self) -> TempDir {
        let copy = directory();
        for file in fs::read_dir(self.database.path()).expect("the template") {
            let file = file.expect("a file of it");
            fs::copy(file.path(), copy.path().join(file.file_name())).expect("a copy");
        }
        copy
    }

    pub(super) fn open(&self, directory: &TempDir, runtime: &Runtime) -> AppState {
        let hooks = telemetry::hooks(&self.config);
        runtime.block_on(AppState::open(&settings(directory), hooks, self.telemetry.clone())).expect("a database")
    }

    /// A token as this user is given at the login.
    pub(super) fn token(&self, user: usize, token_type: TokenType) -> String {
        let id = i64::try_from(user).expect("few users");
        self.tokens.sign(&Claims::new(id, 0, token_type)).expect("a token")
    }
}

/// In memory where there is such a place: nothing here need outlive the machine.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    directory.expect("a directory")
}

fn settings(directory: &TempDir) -> Settings {
    let minute = Seconds(Duration::from_secs(60));
    Settings {
        host: "127.0.0.1".into(),
        port: 0,
        api_v1_prefix: "/v1".parse().expect("a prefix"),
        database_url: DatabaseUrl::of(directory.path().join(FILE)),
        database_pool_size: 1,
        database_timeout_seconds: minute,
        jwt_secret_key: Some(TOKEN_KEY.parse().expect("a secret")),
        service_key: Some(SERVICE_KEY.parse().expect("a secret")),
        password_hash_memory_kib: 8,
        max_connections: 1,
        max_connections_per_address: 1,
        trusted_proxies: Default::default(),
        max_requests: 1,
        idle_timeout_seconds: minute,
        request_body_limit: 16 * 1024,
        request_header_timeout_seconds: minute,
        request_timeout_seconds: minute,
        shutdown_grace_seconds: minute,
    }
}
