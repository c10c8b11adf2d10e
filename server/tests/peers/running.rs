//! A process that a test started: what it prints, and its end.

use std::{
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Far longer than anything takes; only a failure waits for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is something.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A process, killed at the latest when the test ends, however it ends.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdout: Printed,
    pub(crate) stderr: Printed,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = Printed::by(child.stdout.take().unwrap());
        let stderr = Printed::by(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// All that it has printed, once it has ended.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.stdout.finish();
        self.stderr.finish();
        [self.stdout.lines(), self.stderr.lines()].concat()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; returns when it has ended and all that it printed is there.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let status = eventually("the process ends", || self.has_ended());
        self.stdout.finish();
        self.stderr.finish();
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let lines = self.stderr.lines();
            let last = &lines[lines.len().saturating_sub(20)..];
            eprintln!("the last lines on stderr of process {}:\n{}", self.child.id(), last.join("\n"));
        }
    }
}

/// What a process has printed so far. It is read all the time, so that the process never waits for that.
pub(crate) struct Printed {
    lines: Arc<Mutex<Vec<String>>>,
    reading: Option<JoinHandle<()>>,
}

impl Printed {
    fn by(stream: impl Read + Send + 'static) -> Self {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&lines);
        let reading = thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                kept.lock().unwrap().push(line);
            }
        });
        Self { lines, reading: Some(reading) }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The lines that hold all the words.
    pub(crate) fn with(&self, words: &[&str]) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|line| words.iter().all(|word| line.contains(word))).cloned().collect()
    }

    fn finish(&mut self) {
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
    }
}

/// Starts a program that must be told its port, and waits until it is ready. Should another process take the port in
/// between, the program ends and is started with another.
pub(crate) fn on_free_port(
    start: impl Fn(SocketAddr) -> Running,
    is_ready: impl Fn(&Running, SocketAddr) -> bool,
) -> (Running, SocketAddr) {
    let mut attempts = 0;
    loop {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut running = start(address);
        let outcome = eventually("the program is ready", || match running.has_ended() {
            Some(_) => Some(false),
            None => is_ready(&running, address).then_some(true),
        });
        if outcome {
            return (running, address);
        }
        attempts += 1;
        // While `running` is there, so that what it printed is shown.
        assert!(attempts < 5, "it ended each time before it was ready");
    }
}
