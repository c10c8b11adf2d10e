//! What signals do, and that the process is gone by its deadline.

use std::{net::TcpListener, time::Duration};

use rustix::process::Signal;

use crate::{
    client::{Client, registration},
    half_asked::{HalfAsked, wait_until_refused},
    process::{Process, command},
};

/// Far longer than what ends at once takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_hangup_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(directory.path());
    let request = HalfAsked::send(process.address);
    process.signal(Signal::HUP);
    assert_eq!(request.status(), "HTTP/1.1 201");
    Client::new(process.address).get("/ping").expect(200);
    process.signal(Signal::TERM);
    assert!(process.ends_within(PATIENCE).success());
}

#[test]
fn a_second_signal_ends_the_grace() {
    for second in [Signal::TERM, Signal::INT] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = command(directory.path());
        command.env("SHUTDOWN_GRACE_SECONDS", "600");
        let process = Process::of(command);
        let mut request = HalfAsked::send(process.address);
        process.signal(Signal::TERM);
        wait_until_refused(process.address);
        process.signal(second);
        assert!(process.ends_within(PATIENCE).success());
        assert_eq!(request.answer(), "");
    }
}

/// Everything that can hold up the end does: a receiver takes connections and says nothing, a request never ends, and
/// another process holds the database.
#[test]
fn whatever_hangs_the_process_is_gone_by_the_deadline() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut command = command(directory.path());
    command
        .envs([("OTEL_ENABLED", "true"), ("OTEL_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "otlp")])
        .env("OTEL_OTLP_ENDPOINT", format!("http://{}", receiver.local_addr().unwrap()))
        .env("DATABASE_TIMEOUT_SECONDS", "60")
        .env("SHUTDOWN_GRACE_SECONDS", "2");
    let process = Process::of(command);
    let mut request = HalfAsked::send(process.address);
    let other = rusqlite::Connection::open(directory.path().join("aiq.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let client = Client::new(process.address);
    let writing = std::thread::spawn(move || {
        client.try_ask("POST", "/auth/register", Some(registration("waits@example.com").to_string())).is_err()
    });
    // Until the registration waits for the database.
    std::thread::sleep(Duration::from_millis(300));
    process.signal(Signal::TERM);
    // Four times what it is given, and less than the limits of each part come to.
    assert_eq!(process.ends_within(Duration::from_secs(8)).code(), Some(0));
    assert!(writing.join().unwrap(), "answered although the database was held");
    assert_eq!(request.answer(), "");
}
