//! Readiness says whether the database can be written, and what cannot be kept is not acknowledged.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aiq_backend::{
    config::DatabaseUrl,
    database::{self, Database, Hooks},
};
use rustix::process::{Resource, Rlimit, Signal, prlimit};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use ureq::Agent;

use crate::{
    client::{Client, PASSWORD, registration, unused_email},
    process::{Process, command_after},
};

/// Far longer than an answer is kept; only a failure waits for so long.
const PATIENCE: Duration = Duration::from_secs(15);

/// The service with metrics on, its database in a folder that can be renamed.
struct Service {
    process: Process,
    directory: TempDir,
}

impl Service {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("data")).unwrap();
        let mut command = command_after("", directory.path());
        command
            .env("DATABASE_URL", "sqlite://data/aiq.db")
            .env("DATABASE_TIMEOUT_SECONDS", "0.5")
            .envs([("OTEL_ENABLED", "true"), ("OTEL_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "none")])
            .env("PROMETHEUS_METRICS_ENABLED", "true");
        let service = Self { process: Process::of(command), directory };
        service.is_ready();
        service
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("data").join(name)
    }

    fn users(&self) -> u32 {
        let database = rusqlite::Connection::open(self.path("aiq.db")).unwrap();
        database.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap()
    }

    fn client(&self) -> Client {
        Client::new(self.process.address)
    }

    fn ask(&self, path: &str) -> (u16, String) {
        let agent: Agent =
            Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("http://{}/v1/{path}", self.process.address)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// Waits until readiness is this status, and says this of the database.
    #[track_caller]
    fn health_becomes(&self, expected: (u16, &str)) {
        let start = Instant::now();
        loop {
            let (status, body) = self.ask("health");
            let body: Value = serde_json::from_str(&body).unwrap();
            if (status, body["database"].as_str().unwrap()) == expected {
                let word = if status == 200 { "healthy" } else { "unhealthy" };
                assert_eq!(body["status"], word);
                return;
            }
            assert!(start.elapsed() < PATIENCE, "expected {expected:?}: {status} {body}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Can be written, and is: the address that was refused before is free.
    #[track_caller]
    fn is_ready(&self) {
        self.health_becomes((200, "connected"));
        self.client().post("/auth/register", &registration(&unused_email())).expect(201);
    }

    /// Not ready for this reason, while the rest is answered. Nobody is registered, and whoever was told so is not.
    #[track_caller]
    fn is_not_ready(&self, why: &str) {
        self.health_becomes((503, why));
        let document = self.client().get("/openapi.json").expect(200);
        let words = &document["components"]["schemas"]["Health"]["properties"]["database"]["enum"];
        assert!(words.as_array().unwrap().iter().any(|word| word == why), "{words}");
        assert_eq!(self.ask("ping").0, 200);
        let (status, metrics) = self.ask("metrics");
        assert_eq!(status, 200);
        let counted = |line: &str| line.starts_with("app_errors_total{") && line.contains("\"database_unavailable\"");
        assert!(metrics.lines().any(counted), "{metrics}");
        let answer = self.client().post("/auth/register", &registration("nobody@example.com"));
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(answer.body["user"].is_null() && answer.body["detail"].is_string(), "{}", answer.body);
        assert!(!answer.body.to_string().contains("aiq.db"), "{}", answer.body);
        self.logged_once_more_that_it_is_not_ready(1);
    }

    /// As before the database could not be written.
    #[track_caller]
    fn is_ready_again(&self) {
        self.is_ready();
        self.logged_once_more_that_it_is_not_ready(0);
        let login = json!({ "email": "nobody@example.com", "password": PASSWORD });
        self.client().post("/auth/login", &login).expect(401);
    }

    /// However often it was asked, there is one line for each change; a slow disk may have made for more of them.
    #[track_caller]
    fn logged_once_more_that_it_is_not_ready(&self, times: usize) {
        let start = Instant::now();
        let logged = || (self.process.logged(" not ready "), self.process.logged("ready again"));
        let is_expected = |(not_ready, ready)| not_ready > 0 && not_ready == ready + times;
        while !is_expected(logged()) {
            assert!(start.elapsed() < PATIENCE, "{:?}, expected {times} more", logged());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn limit_file_size(&self, most: Option<u64>) {
        let limit = Rlimit { current: most, maximum: None };
        prlimit(Some(self.process.pid()), Resource::Fsize, limit).unwrap();
    }
}

#[test]
fn a_pool_without_a_free_connection_does_not_make_readiness_wait() {
    let directory = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::of(directory.path().join("aiq.db"));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let database = Database::open(&url, 1, PATIENCE, Hooks::default()).unwrap();
        let (let_go, go_on) = mpsc::channel();
        let (began, begins) = oneshot::channel();
        let work = database.run(move |_| {
            began.send(()).unwrap();
            go_on.recv().unwrap();
            Ok::<_, database::Error>(())
        });
        let asked = async {
            begins.await.unwrap();
            let ready = database.ready().await;
            let_go.send(()).unwrap();
            ready
        };
        let (done, ready) = tokio::join!(work, asked);
        done.unwrap();
        assert_eq!(ready, Ok(()));
    });
}

#[test]
fn a_deleted_database_is_not_ready_and_takes_no_writes() {
    let service = Service::start();
    fs::remove_file(service.path("aiq.db")).unwrap();
    service.is_not_ready("missing");
    assert!(!service.path("aiq.db").exists(), "nothing was made in its place");
}

#[test]
fn a_deleted_log_is_not_ready_and_takes_no_writes() {
    for name in ["aiq.db-wal", "aiq.db-shm"] {
        let service = Service::start();
        fs::remove_file(service.path(name)).unwrap();
        service.is_not_ready("missing");
    }
}

#[test]
fn a_database_under_another_is_not_ready_and_takes_no_writes() {
    let service = Service::start();
    fs::copy(service.path("aiq.db"), service.path("backup.db")).unwrap();
    fs::rename(service.path("backup.db"), service.path("aiq.db")).unwrap();
    service.is_not_ready("replaced");
}

#[test]
fn a_database_that_was_cut_is_not_ready_and_takes_no_writes() {
    let service = Service::start();
    fs::File::options().write(true).open(service.path("aiq.db")).unwrap().set_len(0).unwrap();
    service.is_not_ready("truncated");
}

#[test]
fn a_restored_backup_does_not_get_the_log_of_the_database_before_it() {
    let users = |path: &Path| -> (u32, String) {
        let database = rusqlite::Connection::open(path).unwrap();
        let users = database.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
        (users, database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap())
    };
    let service = Service::start();
    Client::registered(service.process.address);
    let backup = service.directory.path().join("backup.db");
    let before = service.users();
    rusqlite::Connection::open(service.path("aiq.db")).unwrap().execute("VACUUM INTO ?1", [backup.to_str()]).unwrap();
    for _ in 0..5 {
        Client::registered(service.process.address);
    }
    fs::remove_file(service.path("aiq.db")).unwrap();
    fs::copy(&backup, service.path("aiq.db")).unwrap();
    service.health_becomes((503, "replaced"));
    let Service { process, directory } = service;
    process.signal(Signal::TERM);
    assert!(process.wait().success());
    assert_eq!(users(&directory.path().join("data/aiq.db")), (before, "ok".to_owned()));
}

#[test]
fn a_folder_that_was_renamed_is_not_ready_until_it_is_back() {
    let service = Service::start();
    let elsewhere = service.directory.path().join("elsewhere");
    fs::rename(service.path(""), &elsewhere).unwrap();
    service.is_not_ready("missing");
    fs::rename(&elsewhere, service.path("")).unwrap();
    service.is_ready_again();
}

#[test]
fn a_database_that_became_read_only_is_not_ready_until_it_can_be_written() {
    let service = Service::start();
    fs::set_permissions(service.path("aiq.db"), Permissions::from_mode(0o400)).unwrap();
    service.is_not_ready("read_only");
    fs::set_permissions(service.path("aiq.db"), Permissions::from_mode(0o600)).unwrap();
    service.is_ready_again();
}

#[test]
fn a_database_that_cannot_grow_is_not_ready_until_it_can() {
    let service = Service::start();
    service.limit_file_size(Some(0));
    service.is_not_ready("io_error");
    service.limit_file_size(None);
    service.is_ready_again();
}

#[test]
fn a_database_that_another_process_locks_is_not_ready_until_it_is_free() {
    let service = Service::start();
    let other = rusqlite::Connection::open(service.path("aiq.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    service.is_not_ready("locked");
    other.execute_batch("ROLLBACK").unwrap();
    service.is_ready_again();
}
