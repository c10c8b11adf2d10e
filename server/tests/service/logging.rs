//! Logging holds nothing up, whatever becomes of its reader.

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use aiq_backend::logging;
use rustix::{io::ioctl_fionread, process::Signal};
use tempfile::TempDir;

use crate::{
    alone::Alone,
    process::{Process, command, ends_within},
};

/// Far longer than the end of an idle service takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that a pipe of Linux holds, unless there are very many.
const PIPE: u64 = 64 * 1024;
const AGENT_TIMEOUT: Duration = Duration::from_secs(5);

fn get(address: SocketAddr, path: &str) -> Result<String, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(AGENT_TIMEOUT)).build().into();
    agent.get(format!("http://{address}/v1/{path}")).call()?.body_mut().read_to_string()
}

/// How many lines of the log were lost, as a scrape tells.
#[track_caller]
pub(crate) fn lines_lost(address: SocketAddr) -> u64 {
    let text = get(address, "metrics").unwrap();
    let line = text.lines().find(|line| line.starts_with("log_lines_lost_total"));
    let line = line.unwrap_or_else(|| panic!("no metric tells how many lines were lost: {text}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// Makes a service with RUST_LOG=trace log, until it is enough or an end of patience.
#[track_caller]
pub(crate) fn log_much(address: SocketAddr, is_enough: impl Fn(SocketAddr) -> bool) {
    for _ in 0..100 {
        // The preface of HTTP/2 and many pings: each is several lines.
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_write_timeout(Some(AGENT_TIMEOUT)).unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        for _ in 0..50 {
            // An error means that the service has hung up.
            let _ = stream.write_all(&b"\0\0\x08\x06\x01\0\0\0\0answered".repeat(20));
        }
        drop(stream);
        if is_enough(address) {
            return;
        }
    }
    panic!("too little was logged");
}

/// The binary in the directory, with metrics and a talkative log.
fn talkative(directory: &TempDir) -> Command {
    let mut command = command(directory.path());
    command
        .envs([("OTEL_ENABLED", "true"), ("OTEL_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "none")])
        .envs([("PROMETHEUS_METRICS_ENABLED", "true"), ("RUST_LOG", "trace")]);
    command
}

/// A pipe into which everything fails.
fn broken() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_dies_does_not_end_the_service() {
    let directory = tempfile::tempdir().unwrap();
    let (process, log) = Process::unread(talkative(&directory));
    assert_eq!(lines_lost(process.address), 0);
    drop(log);
    log_much(process.address, |address| lines_lost(address) > 100);
    get(process.address, "ping").unwrap();
    process.signal(Signal::TERM);
    assert!(process.ends_within(PATIENCE).success());
}

#[test]
fn the_service_runs_without_a_reader_from_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut without_reader = talkative(&directory);
    // A bad directive is complained about before anything else is.
    without_reader.env("RUST_LOG", "trace,is this=a directive?").stderr(broken());
    let process = Process::mute(without_reader);
    assert!(lines_lost(process.address) > 0);
    process.signal(Signal::TERM);
    assert!(process.ends_within(PATIENCE).success());
}

#[test]
fn the_service_runs_without_standard_streams() {
    let directory = tempfile::tempdir().unwrap();
    let plain = talkative(&directory);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"exec "$0" 2>&- >&- <&-"#]).arg(plain.get_program()).current_dir(directory.path()).env_clear();
    shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let process = Process::mute(shell);
    get(process.address, "ping").unwrap();
    process.signal(Signal::TERM);
    assert!(process.ends_within(PATIENCE).success());
}

#[test]
fn lines_that_were_lost_are_counted_and_said() {
    let directory = tempfile::tempdir().unwrap();
    let (process, log) = Process::unread(talkative(&directory));
    log_much(process.address, |address| lines_lost(address) > 0);
    let counted = lines_lost(process.address);
    // From here on somebody reads again. What is logged once the gap was said is not lost.
    let (sender, said_so) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        let lines = log.map(Result::unwrap).inspect(|line| {
            if line.contains(" lines were lost") {
                let _ = sender.send(());
            }
        });
        lines.collect::<Vec<_>>()
    });
    said_so.recv_timeout(PATIENCE).unwrap();
    process.signal(Signal::TERM);
    assert!(process.ends_within(PATIENCE).success());
    let lines = reading.join().unwrap();
    let mut said = 0;
    for line in &lines {
        match line.strip_prefix("aiq-backend: ").and_then(|line| line.split_once(" lines were lost")) {
            Some((count, _)) => said += count.parse::<u64>().unwrap(),
            None => assert!(line.starts_with("20") && line.contains("Z "), "not a whole line: {line}"),
        }
    }
    assert!(said >= counted, "{said} of {counted}");
    assert!(lines.last().unwrap().ends_with("stopped"), "{:?}", lines.last());
}

#[test]
fn commands_can_be_cut_short() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [&["check"][..], &["--help"], &["demo", "--exit", "--requests", "10"]] {
        let mut child = command(directory.path()).args(arguments).stdout(broken()).stderr(broken()).spawn().unwrap();
        let status = ends_within(&mut child, PATIENCE);
        assert!(status.success(), "{arguments:?}: {status}");
    }
    // Why it failed cannot be said, but that it failed.
    for (variable, value, code) in [("JWT_SECRET_KEY", "short", 1), ("PORT", "high", 2)] {
        let mut child = command(directory.path()).env(variable, value).stderr(broken()).spawn().unwrap();
        assert_eq!(ends_within(&mut child, PATIENCE).code(), Some(code), "{variable}");
    }
}

#[test]
fn metrics_for_a_standard_output_that_nobody_reads_hold_nothing_up() {
    for (stdout, reader) in
        [(broken(), None), io::pipe().map(|(reader, writer)| (writer.into(), Some(reader))).unwrap()]
    {
        let directory = tempfile::tempdir().unwrap();
        let mut console = talkative(&directory);
        console.envs([
            ("OTEL_EXPORTER", "console"),
            ("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "5"),
            ("RUST_LOG", "info"),
        ]);
        let process = Process::of({
            console.stdout(stdout);
            console
        });
        // Scrapes are answered while the pipe fills, and after that. How much it holds depends on how much is written at
        // a time: it is full when no more is added.
        let held = || reader.as_ref().map_or(PIPE, |reader| ioctl_fionread(reader).unwrap());
        let (mut before, mut unchanged) = (0, 0);
        while unchanged < 50 {
            get(process.address, "metrics").unwrap();
            let now = held();
            unchanged = if now == before && now > PIPE / 2 { unchanged + 1 } else { 0 };
            before = now;
        }
        process.signal(Signal::TERM);
        assert!(process.ends_within(PATIENCE).success());
        drop(reader);
    }
}

#[test]
fn panics_that_nobody_reads_hold_nothing_up() {
    if Alone::is_here() {
        logging::start("info").unwrap();
        // Far more than a pipe and the queue take.
        for _ in 0..2000 {
            let panicked = std::thread::spawn(|| panic!("{}", "x".repeat(3000))).join();
            assert!(panicked.is_err());
        }
        logging::flush(Duration::from_millis(100));
        // Not by returning: the harness would write to stderr.
        std::process::exit(7);
    }
    let (process, log) = Alone::start("logging::panics_that_nobody_reads_hold_nothing_up");
    assert_eq!(process.ends_within(3 * PATIENCE).code(), Some(7));
    let first = log.map(Result::unwrap).next().unwrap();
    assert!(first.contains("panicked: xxx") && first.contains("tests/service/logging.rs"), "{first}");
}
