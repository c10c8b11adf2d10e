//! What signals do, and that the process is gone by its deadline.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
    sync::mpsc,
    time::Duration,
};

use aiq_backend::{Stop, signals::CUT_OFF};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use rustix::process::Signal;
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

use crate::{
    alone::Alone,
    client::{Client, registration},
    half_asked::{HalfAsked, wait_until_refused},
    process::{Process, command},
};

/// Far longer than what ends at once takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_hangup_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (process, log) = Process::unread(command(directory.path()));
    let request = HalfAsked::send(process.address);
    process.signal(Signal::HUP);
    assert!(log.map(Result::unwrap).any(|line| line.contains("SIGHUP received")));
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

/// The binary, which pushes its metrics there.
fn pushing(directory: &Path, receiver: SocketAddr) -> Command {
    let mut command = command(directory);
    command
        .envs([("OTEL_ENABLED", "true"), ("OTEL_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "otlp")])
        .env("OTEL_OTLP_ENDPOINT", format!("http://{receiver}"));
    command
}

/// Everything that can hold up the end does: a receiver takes connections and says nothing, a request never ends, and
/// another process holds the database.
#[test]
fn whatever_hangs_the_process_is_gone_by_the_deadline() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut command = pushing(directory.path(), receiver.local_addr().unwrap());
    command.envs([("DATABASE_TIMEOUT_SECONDS", "60"), ("SHUTDOWN_GRACE_SECONDS", "2")]);
    let (process, log) = Process::unread(command);
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
    let log: Vec<_> = log.map(Result::unwrap).collect();
    for words in ["there is no more time for requests", "database work did not end", "otlp export failed"] {
        assert!(log.iter().any(|line| line.contains(words)), "{words}: {log:#?}");
    }
}

#[test]
fn a_third_signal_ends_the_process() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut command = pushing(directory.path(), receiver.local_addr().unwrap());
    // Without a third signal, the last push would be waited for.
    command.env("SHUTDOWN_GRACE_SECONDS", "600");
    let (process, log) = Process::unread(command);
    let mut request = HalfAsked::send(process.address);
    let mut log = log.map(Result::unwrap);
    for words in ["SIGTERM received", "there is no more time for requests"] {
        process.signal(Signal::TERM);
        assert!(log.any(|line| line.contains(words)), "{words}");
    }
    assert_eq!(request.answer(), "");
    process.signal(Signal::INT);
    assert!(log.any(|line| line.contains("a third signal ends what has not ended")));
    // The last push has 10 s.
    assert_eq!(process.ends_within(Duration::from_secs(5)).code(), Some(CUT_OFF));
}

#[test]
fn a_thread_that_hangs_is_cut_off_at_the_deadline() {
    if Alone::is_here() {
        let _stop = Stop::on_signals(Duration::from_secs(1)).unwrap();
        eprintln!("it hangs");
        loop {
            std::thread::park();
        }
    }
    let (process, log) = Alone::start("signals::a_thread_that_hangs_is_cut_off_at_the_deadline");
    assert!(log.map(Result::unwrap).any(|line| line == "it hangs"));
    process.signal(Signal::TERM);
    assert_eq!(process.ends_within(Duration::from_secs(8)).code(), Some(CUT_OFF));
}

/// A receiver that takes every push and tells which metrics it holds.
struct Receiver(mpsc::Sender<Vec<String>>);

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let metrics = request.into_inner().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        let names = metrics.flat_map(|scope| scope.metrics).map(|metric| metric.name).collect();
        let _ = self.0.send(names);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[test]
fn the_last_push_arrives_although_a_request_hangs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sender, pushes) = mpsc::channel();
    let address = runtime.block_on(async {
        let incoming = TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = incoming.local_addr().unwrap();
        let service = MetricsServiceServer::new(Receiver(sender));
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        address
    });
    let directory = tempfile::tempdir().unwrap();
    let mut command = pushing(directory.path(), address);
    command.env("SHUTDOWN_GRACE_SECONDS", "4");
    let process = Process::of(command);
    Client::registered(process.address);
    let mut request = HalfAsked::send(process.address);
    process.signal(Signal::TERM);
    assert_eq!(process.ends_within(Duration::from_secs(16)).code(), Some(0));
    assert_eq!(request.answer(), "");
    // The interval is a minute: this is the only one.
    let names = pushes.try_recv().expect("a push");
    assert!(names.iter().any(|name| name == "users.registrations"), "{names:?}");
}
