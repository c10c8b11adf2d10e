//! The service as a process of its own: the real binary.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// The binary with the settings of a test and none of the surroundings'.
pub(crate) fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aiq-backend"));
    command
        .env_clear()
        .env("HOST", "127.0.0.1")
        .env("PORT", "0")
        .env("PASSWORD_HASH_MEMORY_KIB", "8")
        .current_dir(directory)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Process {
    /// Starts it with its database in the directory, and waits until it listens.
    pub(crate) fn start(directory: &Path) -> Self {
        Self::of(command(directory))
    }

    /// Starts the command, and waits until it listens.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        let address = loop {
            let line = log.next().unwrap_or_else(|| panic!("it ended before it listened: {seen:#?}")).unwrap();
            if let Some((_, rest)) = line.split_once("listening address=") {
                break rest.split(' ').next().unwrap().parse().unwrap();
            }
            seen.push(line);
        };
        // Read on, so that the process never waits for its log to be read.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address }
    }

    /// SIGKILL: the process gets to do nothing more.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The memory of the process that no file holds, in KiB.
    pub(crate) fn anonymous_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Of no effect when it has ended; when a test failed, it must not go on.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
