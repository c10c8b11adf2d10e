//! What the binary does.

use std::{
    error::Error,
    future::Future,
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};

use crate::{
    Stop,
    causes::WithCauses,
    config::{Cli, Settings},
    logging,
};

/// Prints a line on stdout. Whoever reads it may have read enough, as `head` has; that is no failure.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

pub mod check;
pub mod demo;
pub mod serve;

/// One thing the binary does.
#[derive(Debug, Default, clap::Subcommand)]
pub enum Command {
    /// Answer requests until SIGTERM or SIGINT (the default)
    #[default]
    Serve,
    /// Serve with metrics on, send requests, and say where to look
    Demo(demo::Demo),
    /// Print the settings that hold, and try what serving needs: the database, keys, memory, the address, file descriptors and the OTLP receiver
    Check,
}

/// Threads that may block, beside one for each connection to the database: for password hashes, and for requests that wait
/// for a connection. Each has a stack and memory of the allocator, so they are part of the bound on memory.
const OTHER_THREADS: usize = 64;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs the command, and says on stderr why it failed.
pub fn run(cli: Cli) -> ExitCode {
    // Where nobody listens to this signal, a write beyond a limit on file sizes ends the process. Where somebody does, the
    // write fails.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    let settings = &cli.settings;
    match cli.command.unwrap_or_default() {
        Command::Serve => until_stopped(settings, "info", |stop| serve::run(settings, stop)),
        Command::Demo(demo) => until_stopped(settings, "warn", |stop| demo::run(settings, &demo, stop)),
        Command::Check => check::run(settings),
    }
}

/// Runs what logs, and ends on signals.
fn until_stopped(settings: &Settings, level: &str, run: impl FnOnce(&Stop) -> Outcome<()>) -> ExitCode {
    let started = logging::start(level).and_then(|()| Stop::on_signals(settings.shutdown_grace_seconds.0));
    let stop = match started {
        Ok(stop) => stop,
        Err(error) => {
            let _ = writeln!(io::stderr(), "aiq-backend: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let _last_lines = LastLines(&stop);
    match run(&stop) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::line(format_args!("aiq-backend: {}", WithCauses(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

/// Waits for the last lines of the log when it is dropped, also by a panic.
struct LastLines<'a>(&'a Stop);

impl Drop for LastLines<'_> {
    fn drop(&mut self) {
        logging::flush(self.0.time_for_log());
    }
}

/// What was opened, or nothing if the service was told to stop meanwhile: migrations can take their time, another process
/// can have the database, and a name server may not answer.
async fn open_unless_stopped<T: Send + 'static>(
    stop: &Stop,
    opening: impl Future<Output = Outcome<T>> + Send + 'static,
) -> Outcome<Option<T>> {
    // A task of its own, so that what it has begun (telemetry, which would push a last time) need not be ended here.
    let opening = tokio::spawn(opening);
    tokio::select! {
        opened = opening => opened?.map(Some),
        () = stop.asked() => {
            tracing::info!("stopped before it listened");
            Ok(None)
        }
    }
}

/// Runs it to its end on a runtime of its own.
fn block_on(settings: &Settings, future: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    let threads = settings.database_pool_size as usize + OTHER_THREADS;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(threads).build()?;
    let outcome = runtime.block_on(future);
    // Dropping the runtime would wait for what blocks, such as a database that is still being opened.
    runtime.shutdown_background();
    outcome
}
