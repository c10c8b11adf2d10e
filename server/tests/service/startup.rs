//! What makes the binary start, and what it says when it cannot.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    time::Duration,
};

use aiq_backend::{AppState, database::Hooks};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    client::Client,
    in_process::settings,
    process::{Process, command, ends_within},
};

/// What the binary says when it refuses to start.
fn refusal(directory: &Path, variables: &[(&str, &str)]) -> String {
    let output = command(directory).envs(variables.iter().copied()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_key_is_kept_beside_the_database_and_both_are_private() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(directory.path());
    let client = Client::registered(process.address);
    process.kill();
    let key = directory.path().join("aiq.db.jwt");
    for file in ["aiq.db.jwt", "aiq.db", "aiq.db-wal"] {
        let mode = fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    let process = Process::start(directory.path());
    let client = Client::new(process.address).with_token(client.token.as_deref().unwrap());
    client.get("/user/profile").expect(200);
    process.kill();

    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let words = refusal(directory.path(), &[]);
    assert!(words.contains("aiq.db.jwt") && words.contains("chmod 600"), "{words}");
}

#[test]
fn bad_settings_are_named() {
    let directory = tempfile::tempdir().unwrap();
    for (variable, value, expected) in [
        ("DATABASE_URL", "postgresql://db/aiq", "only SQLite is supported"),
        ("DATABASE_URL", "sqlite://no/such/directory/aiq.db", "cannot make the database file: No such file"),
        ("JWT_SECRET_KEY", "short", "at least 32"),
        ("SERVICE_KEY", "", "empty"),
        ("API_V1_PREFIX", "v1", "expected a path"),
        ("PORT", "65536", "65536"),
        ("REQUEST_TIMEOUT_SECONDS", "0", "from 0.001"),
    ] {
        let words = refusal(directory.path(), &[(variable, value)]);
        assert!(words.contains(expected), "{variable}={value}: {words}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("aiq.db"), "a diary, which must not be overwritten".repeat(30)).unwrap();
    let words = refusal(directory.path(), &[]);
    assert!(words.contains("not a database"), "{words}");
}

#[test]
fn a_link_to_no_key_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    symlink("nowhere", directory.path().join("aiq.db.jwt")).unwrap();
    let words = refusal(directory.path(), &[]);
    assert!(words.contains("cannot use the key file") && words.contains("aiq.db.jwt"), "{words}");
}

#[test]
fn a_signal_ends_a_start_that_takes_long() {
    let directory = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(directory.path().join("aiq.db")).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
    for arguments in [&["serve"][..], &["demo", "--folder", "."]] {
        let mut child = command(directory.path())
            .args(arguments)
            .envs([("SHUTDOWN_GRACE_SECONDS", "60"), ("DATABASE_TIMEOUT_SECONDS", "600")])
            .env("RUST_LOG", "info")
            .spawn()
            .unwrap();
        // It listens to signals before it says anything, and then waits for the database.
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = log.next().unwrap().unwrap();
        assert!(said.contains("picometer_std::telemetry"), "{said}");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert!(ends_within(&mut child, Duration::from_secs(20)).success(), "{arguments:?}");
    }
}

#[test]
fn secrets_are_not_in_the_help() {
    let directory = tempfile::tempdir().unwrap();
    let output = command(directory.path()).arg("--help").env("SERVICE_KEY", "open sesame").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(!help.contains("open sesame"));
    for variable in ["HOST", "PORT", "API_V1_PREFIX", "DATABASE_URL", "JWT_SECRET_KEY", "SERVICE_KEY"] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable}: {help}");
    }
}

#[test]
fn hooks_see_every_connection_and_the_pool() {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    static CONNECTIONS: AtomicU32 = AtomicU32::new(0);
    static CHECKOUTS: AtomicU32 = AtomicU32::new(0);

    #[derive(Debug)]
    struct Counting;
    impl r2d2::HandleEvent for Counting {
        fn handle_checkout(&self, _: r2d2::event::CheckoutEvent) {
            CHECKOUTS.fetch_add(1, SeqCst);
        }
    }

    let directory = tempfile::tempdir().unwrap();
    let hooks = Hooks {
        on_connect: |connection| {
            CONNECTIONS.fetch_add(1, SeqCst);
            connection.execute_batch("SELECT 1")
        },
        pool_events: Box::new(Counting),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let state = AppState::open(&settings(&directory), hooks, crate::unmeasured::telemetry()).await.unwrap();
        assert_eq!(state.active_sessions().await.unwrap(), 0);
        assert_eq!(state.database().pool_size(), 4);
        assert_eq!(state.database().pool_state().connections, 4);
    });
    // Four for the pool, and one for the migrations.
    assert_eq!(CONNECTIONS.load(SeqCst), 5);
    assert_eq!(CHECKOUTS.load(SeqCst), 1);
}

#[test]
fn a_process_that_was_told_to_stop_leaves_no_log() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(directory.path());
    Client::new(process.address).get("/health").expect(200);
    process.signal(Signal::TERM);
    assert!(process.wait().success());
    for file in ["aiq.db-wal", "aiq.db-shm"] {
        assert!(!directory.path().join(file).exists(), "{file}: a connection was not closed");
    }
}
