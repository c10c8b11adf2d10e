//! A test of which a part runs in a process of its own, because it ends the process or changes it for good.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Log, ends_within};

/// Set in the process that runs the part.
const VARIABLE: &str = "SERVICE_TEST_RUNS_ALONE";

/// This test binary as a process of its own, which runs one test.
pub(crate) struct Alone(Child);

impl Alone {
    /// Starts it, and what it prints on stderr.
    pub(crate) fn start(test: &str) -> (Self, Log) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(VARIABLE, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        (Self(child), log)
    }

    /// Whether this is that process.
    pub(crate) fn is_here() -> bool {
        std::env::var_os(VARIABLE).is_some()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    #[track_caller]
    pub(crate) fn ends_within(mut self, limit: Duration) -> ExitStatus {
        ends_within(&mut self.0, limit)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
