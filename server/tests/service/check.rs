//! `check` says yes exactly where the service can serve.

mod state;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::process::{Process, command};
use state::{Setup, State};

/// Only what hangs takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the process ends, or ends it. Nothing when it had to be ended.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Whether `check` says yes, and what it prints. It ends by itself, and says no by 1.
fn check(mut command: Command) -> (bool, String) {
    let mut child = command.arg("check").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    let status = wait(&mut child);
    let text = reader.join().unwrap();
    match status.and_then(|status| status.code()) {
        Some(code @ (0 | 1)) => (code == 0, text),
        _ => (false, format!("it hung or crashed: {status:?}")),
    }
}

/// Whether the service starts, and then serves, in good order.
fn serves(mut command: Command) -> Result<(), String> {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let stderr = child.stderr.take().unwrap();
    let (line, lines) = mpsc::channel();
    let reader = thread::spawn(move || {
        BufReader::new(stderr).lines().map_while(Result::ok).for_each(|text| drop(line.send(text)));
    });
    let (start, mut log) = (Instant::now(), String::new());
    let outcome = loop {
        let Ok(text) = lines.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) else {
            break Err(format!("it does not listen: {log}"));
        };
        log += &text;
        if let Some((_, rest)) = text.split_once("listening address=") {
            let address = rest.split(' ').next().unwrap();
            let healthy = ureq::get(format!("http://{address}/v1/health")).call();
            break match healthy {
                Ok(_) if log.contains("file descriptors") => Err(log),
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            };
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    outcome
}

/// Each file below the folder, with how large it is.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())).collect()
}

/// Makes the state, asks `check`, then serves. Says what is wrong with their answers.
fn compare(state: &State) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    let setup = (state.make)(directory.path());
    let before = files(directory.path());
    let (says_yes, text) = check(setup.command(directory.path()));
    let after = files(directory.path());
    let served = serves(setup.command(directory.path()));
    setup.unmake(directory.path());
    let expected = state.says.is_none();
    let names_it =
        state.says.is_none_or(|words| text.lines().any(|line| line.contains("FAILED") && line.contains(words)));
    let is_right = says_yes == expected && served.is_ok() == expected && names_it && before == after;
    let findings = text.lines().filter(|line| !line.starts_with('|')).collect::<Vec<_>>().join("\n    ");
    (!is_right).then(|| {
        format!("{}: check says {says_yes}, expected {expected} and {:?}; it serves: {served:?}; files {before:?} {after:?}\n    {findings}", state.name, state.says)
    })
}

#[test]
fn check_fails_exactly_where_the_service_cannot_serve() {
    let wrong: Vec<_> = state::ALL.iter().filter_map(compare).collect();
    assert!(wrong.is_empty(), "{} of {} states:\n{}", wrong.len(), state::ALL.len(), wrong.join("\n"));
}

#[test]
fn check_says_that_an_instance_may_be_running() {
    let directory = tempfile::tempdir().unwrap();
    let running = Process::start(directory.path());
    let mut same = command(directory.path());
    same.env("PORT", running.address.port().to_string());
    let (says_yes, text) = check(same);
    assert!(!says_yes && text.contains("in use") && text.contains("--port"), "{text}");
    assert!(text.contains("schema version"), "the database is fine: {text}");
    let setup = Setup::default();
    let (says_yes, text) = check(setup.command(directory.path()));
    assert!(says_yes, "beside a running instance: {text}");
}
