//! Logs go to stderr through a thread of their own, so that nothing waits for whoever reads them.
//!
//! What does not fit into the queue before that thread is lost and counted. Nothing else of the service may write to
//! stderr: a pipe that nobody reads holds a writer for ever, and `eprintln!` panics when it is broken.

mod lines;
mod stream;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    env, fmt,
    io::{self, IsTerminal},
    panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use tracing_subscriber::{EnvFilter, filter::Directive};

use self::lines::Lines;
use crate::metrics::record_log_lines_lost;

static STDERR: Lines = Lines::new(record_log_lines_lost);

/// Starts the thread that writes, and sends log lines and panics its way. `RUST_LOG` chooses which lines, `level` when
/// it is unset or says nothing.
///
/// # Errors
///
/// When the system has no thread left.
pub fn start(level: &str) -> io::Result<()> {
    static IS_STARTED: AtomicBool = AtomicBool::new(false);
    if !IS_STARTED.swap(true, Ordering::Relaxed) {
        thread::Builder::new().name("log".to_owned()).spawn(|| STDERR.write_to(io::stderr()))?;
    }
    let (filter, ignored) = filter(level);
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(|| ToLines);
    // A program that embeds this command may have installed its own subscriber already; its choice stands.
    if logs.try_init().is_ok() {
        log_panics();
    }
    for sentence in ignored {
        tracing::warn!("{sentence}");
    }
    Ok(())
}

/// A line as it is, whatever `RUST_LOG` says.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    STDERR.push(format!("{text}\n").as_bytes());
}

/// Waits until every line so far is written or lost, and no longer than the limit.
pub fn flush(limit: Duration) {
    STDERR.flush(limit);
}

/// What `RUST_LOG` asks for, and a sentence about each of its directives that is none.
fn filter(level: &str) -> (EnvFilter, Vec<String>) {
    let directives = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let (mut good, mut ignored) = (Vec::new(), Vec::new());
    for directive in directives.split(',').filter(|directive| !directive.is_empty()) {
        match directive.parse::<Directive>() {
            Ok(_) => good.push(directive),
            Err(error) => ignored.push(format!("{directive:?} in RUST_LOG is ignored: {error}")),
        }
    }
    let level = level.parse().unwrap_or_else(|_| tracing::Level::INFO.into());
    // The parsers that skip bad directives themselves complain with `eprintln!`.
    (EnvFilter::builder().with_default_directive(level).parse(good.join(",")).unwrap_or_default(), ignored)
}

/// Panics become lines of the log. The hook of the standard library writes to stderr itself.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let thread = thread::current();
        let (thread, location) = (thread.name(), panic.location().map(tracing::field::display));
        let message = panic.payload_as_str().unwrap_or("a value that is no text");
        // Captured only when RUST_BACKTRACE or RUST_LIB_BACKTRACE asks for it.
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| tracing::field::display(backtrace));
        tracing::error!(thread, location, backtrace, "panicked: {message}");
    }));
}

/// Takes what `tracing_subscriber` writes: each event in one piece.
struct ToLines;

impl io::Write for ToLines {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        STDERR.push(event);
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
