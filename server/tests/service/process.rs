//! The service as a process of its own: the real binary.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, geteuid, kill_process};

const PAUSE: Duration = Duration::from_millis(5);

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

/// What a process logs, read only as far as somebody asks for it. When it is dropped, the process has no reader.
pub(crate) type Log = Lines<BufReader<ChildStderr>>;

/// The binary with the settings of a test and none of the surroundings'.
pub(crate) fn command(directory: &Path) -> Command {
    with_settings(Command::new(env!("CARGO_BIN_EXE_aiq-backend")), directory)
}

/// The same binary as somebody who is held to the modes of files, as root is not, and to what these commands of a
/// shell say.
pub(crate) fn command_after(shell: &str, directory: &Path) -> Command {
    let mut command = if geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-all", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", &format!("{shell}\nexec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_aiq-backend")]);
    with_settings(command, directory)
}

fn with_settings(mut command: Command, directory: &Path) -> Command {
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
    pub(crate) fn of(command: Command) -> Self {
        let (process, lines) = Self::unread(command);
        // Read on, so that nothing of the log is lost.
        let log = Arc::clone(&process.log);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| log.lock().unwrap().push(line)));
        process
    }

    /// Starts the command, and waits until it listens. From then on its log is for the caller to read.
    pub(crate) fn unread(mut command: Command) -> (Self, Log) {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended before it listened: {seen:#?}")).unwrap();
            if let Some((_, rest)) = line.split_once("listening address=") {
                break rest.split(' ').next().unwrap().parse().unwrap();
            }
            seen.push(line);
        };
        (Self { child, address, log: Arc::new(Mutex::new(seen)) }, lines)
    }

    /// Starts the command, of which nothing can be read, and waits until it listens.
    pub(crate) fn mute(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let address = loop {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it listened");
            if let Some(address) = listening(child.id()) {
                break address;
            }
            std::thread::sleep(PAUSE);
        };
        Self { child, address, log: Arc::default() }
    }

    /// SIGKILL: the process gets to do nothing more.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How many lines of its log hold this text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
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

    /// How it ends, which must be within the limit.
    #[track_caller]
    pub(crate) fn ends_within(mut self, limit: Duration) -> ExitStatus {
        ends_within(&mut self.child, limit)
    }
}

/// How the child ends, which must be within the limit.
#[track_caller]
pub(crate) fn ends_within(child: &mut Child, limit: Duration) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > limit {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it was still there after {limit:?}");
        }
        std::thread::sleep(PAUSE);
    }
}

/// The address on which a process with one TCP listener listens, as the system tells.
fn listening(id: u32) -> Option<SocketAddr> {
    let descriptors = fs::read_dir(format!("/proc/{id}/fd")).ok()?;
    let sockets: Vec<_> = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect();
    let table = fs::read_to_string(format!("/proc/{id}/net/tcp")).ok()?;
    table.lines().find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, local, _, "0A", .., _, _, _] = fields[..] else { return None };
        let socket = format!("socket:[{}]", fields.get(9)?);
        let port = u16::from_str_radix(local.split_once(':')?.1, 16).ok()?;
        let is_its_own = sockets.iter().any(|link| link.as_os_str() == &*socket);
        is_its_own.then(|| (Ipv4Addr::LOCALHOST, port).into())
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        // Of no effect when it has ended; when a test failed, it must not go on.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
