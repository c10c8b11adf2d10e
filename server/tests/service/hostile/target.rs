//! The service as it runs in production, with metrics on.

use std::{
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tempfile::TempDir;

use crate::process::{Log, Process, command};

/// What README states: the most that clients together can make the service's anonymous memory grow by, in KiB.
pub(super) const GROWTH_KIB: usize = 192 * 1024;

/// One attack at a time: the operator of one does not wait for processors that another has busy.
static ALONE: Mutex<()> = Mutex::new(());

pub(super) struct Target {
    pub(super) process: Process,
    before_kib: usize,
    _alone: MutexGuard<'static, ()>,
    _directory: TempDir,
}

impl Target {
    /// Starts the service with the default settings, and these variables on top.
    pub(super) fn start(variables: &[(&str, &str)]) -> Self {
        Self::with(variables, |command| (Process::of(command), ())).0
    }

    /// The same, with a log that nobody reads but the caller.
    pub(super) fn unread(variables: &[(&str, &str)]) -> (Self, Log) {
        Self::with(variables, Process::unread)
    }

    fn with<T>(variables: &[(&str, &str)], start: impl FnOnce(Command) -> (Process, T)) -> (Self, T) {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        let mut command = command(directory.path());
        command
            .env_remove("PASSWORD_HASH_MEMORY_KIB")
            .envs([("OTEL_ENABLED", "true"), ("OTEL_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "none")])
            .env("PROMETHEUS_METRICS_ENABLED", "true")
            .envs(variables.iter().copied());
        let (process, log) = start(command);
        let before_kib = process.anonymous_kib();
        (Self { process, before_kib, _alone: alone, _directory: directory }, log)
    }

    /// How much the process has grown by since it began to listen, in KiB.
    pub(super) fn grown_kib(&self) -> usize {
        self.process.anonymous_kib().saturating_sub(self.before_kib)
    }

    /// What a scrape gets.
    pub(super) fn metrics(&self) -> String {
        let url = format!("http://{}/v1/metrics", self.process.address);
        ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap()
    }

    /// Looks this often at how much it has grown by, with a pause before each look.
    #[track_caller]
    pub(super) fn stays_small(&self, looks: u32, pause: Duration) {
        let most = (0..looks).map(|_| {
            std::thread::sleep(pause);
            let grown = self.grown_kib();
            assert!(grown < GROWTH_KIB, "grown by {grown} KiB");
            grown
        });
        println!("grown by {} KiB at most", most.max().unwrap_or_default());
    }
}
