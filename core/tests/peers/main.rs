//! What others make of what is written: every value is read back by prometheus_client, whose OpenMetrics parser is
//! strict, and promtool finds nothing to improve.
//!
//! A peer that is not installed is skipped and named; with `PICOMETER_REQUIRE_PEERS=1` it fails. `ci/install.sh`
//! installs them.

mod names;
mod set;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers/bin/python");
    let has_client = runs(Command::new(&python).args(["-c", "import prometheus_client.openmetrics.parser"]));
    let has_promtool = runs(Command::new("promtool").arg("--version"));
    let reads = |module: &'static str, text: fn() -> String| {
        let python = python.clone();
        move || reads_back(python, module, &text())
    };
    let peers = [
        peer(
            "prometheus_client reads every value of OpenMetrics",
            has_client,
            reads("prometheus_client.openmetrics.parser", set::open_metrics),
        ),
        peer(
            "prometheus_client reads every value of Prometheus text",
            has_client,
            reads("prometheus_client.parser", set::text),
        ),
        peer("promtool has nothing to say about Prometheus text", has_promtool, || {
            let mut command = Command::new("promtool");
            run(command.args(["check", "metrics"]), &set::text()).map(drop)
        }),
        peer("prometheus_client refuses two metrics where the rule of names does", has_client, {
            let python = python.clone();
            move || names_are_told_apart(python)
        }),
        peer("promtool has nothing to say about names that the rule takes", has_promtool, || {
            let text: String =
                names::pairs().into_iter().filter(|pair| !pair.is_refused).map(|pair| pair.text).collect();
            run(Command::new("promtool").args(["check", "metrics"]), &text).map(drop)
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), peers.into()).exit_code()
}

/// A check that needs a peer.
fn peer(name: &str, is_installed: bool, check: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    let is_required = std::env::var_os("PICOMETER_REQUIRE_PEERS").is_some_and(|required| required == "1");
    if is_installed {
        return Trial::test(name, check);
    }
    let missing = move || Err(Failed::from("the peer is not installed: run ci/install.sh"));
    Trial::test(name, missing).with_kind("peer missing").with_ignored_flag(!is_required)
}

fn runs(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// Runs a command on this input; its output, or its complaint when it fails.
fn run(command: &mut Command, input: &str) -> Result<String, Failed> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn()?;
    let mut stdin = child.stdin.take().ok_or("no input")?;
    let output = std::thread::scope(|scope| {
        // A command that stops reading says why with its status.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output()
    })?;
    if !output.status.success() {
        let (out, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        return Err(format!("{}\n{out}\n{complaint}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Compares every sample and every head with what was recorded.
fn reads_back(python: PathBuf, module: &str, text: &str) -> Result<(), Failed> {
    let is_strict = module.contains("openmetrics");
    let read = run(Command::new(python).args(["-c", include_str!("read.py"), module]), text)?;
    let mut expected: HashMap<Vec<String>, String> = set::samples(is_strict).into_iter().collect();
    let mut heads = Vec::new();
    for record in read.split_terminator('\x1e') {
        let mut fields: Vec<String> = record.split_terminator('\x1f').map(str::to_owned).collect();
        if fields.first().is_some_and(|first| first == "#") {
            heads.push(fields.split_off(1));
            continue;
        }
        let value = fields.pop().ok_or("a sample without a value")?;
        let Some(recorded) = expected.remove(&fields) else {
            return Err(format!("{fields:?} was not recorded, or is there twice").into());
        };
        if !is_same(&recorded, &value)? {
            return Err(format!("{fields:?} is {value}, and was recorded as {recorded}").into());
        }
    }
    if let Some((series, _)) = expected.iter().next() {
        return Err(format!("{} samples are missing, such as {series:?}", expected.len()).into());
    }
    if heads != set::heads(is_strict) {
        return Err(format!("the heads are {heads:?}").into());
    }
    Ok(())
}

/// Every two metrics that clash are refused by a strict parser, and of all others it reads every sample.
fn names_are_told_apart(python: PathBuf) -> Result<(), Failed> {
    let pairs = names::pairs();
    let expositions: String = pairs.iter().map(|pair| format!("{}\x1e", pair.open_metrics)).collect();
    let read = run(Command::new(python).args(["-c", include_str!("names.py")]), &expositions)?;
    let answers: Vec<&str> = read.lines().collect();
    if answers.len() != pairs.len() {
        return Err(format!("{} answers to {} expositions", answers.len(), pairs.len()).into());
    }
    for (pair, answer) in pairs.iter().zip(answers) {
        let samples = pair.open_metrics.lines().filter(|line| !line.starts_with('#')).count().to_string();
        let is_taken = if pair.clash.is_some() { answer.starts_with("refused") } else { answer == samples };
        if !is_taken {
            return Err(format!("{answer:?}, and the rule says {:?}:\n{}", pair.clash, pair.open_metrics).into());
        }
    }
    Ok(())
}

/// Whether Python's number is what was recorded: whole numbers to the digit, others to the bit.
fn is_same(recorded: &str, read: &str) -> Result<bool, Failed> {
    if recorded == read {
        return Ok(true);
    }
    let (recorded, read): (f64, f64) = (recorded.parse()?, read.parse()?);
    Ok(recorded.to_bits() == read.to_bits() || (recorded.is_nan() && read.is_nan()))
}
