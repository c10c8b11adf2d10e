//! Which peers there are on this machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A program that the tests do not build.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer {
    Prometheus,
    Promtool,
    /// A Python that has `prometheus_client`.
    Python,
    /// A Python that has `schemathesis`.
    Schemathesis,
    /// An OTLP receiver.
    Rotel,
    /// A network of a test's own: no program, but the right to make one, and programs for it.
    OwnNetwork,
    /// Mounts of a test's own, likewise.
    OwnMounts,
}

impl Peer {
    pub(crate) fn path(self) -> Option<PathBuf> {
        match self {
            Self::Prometheus => on_path("prometheus"),
            Self::Promtool => on_path("promtool"),
            Self::Python => python_with("prometheus_client/parser.py"),
            Self::Schemathesis => python_with("schemathesis/cli/__main__.py"),
            Self::Rotel => in_packages("rotel/rotel-agent"),
            Self::OwnNetwork => on_path("unshare").filter(|_| works(own_network().arg("true"))),
            Self::OwnMounts => {
                let mount = ["mount", "-t", "tmpfs", "none", "/mnt"];
                on_path("unshare").filter(|_| works(own_mounts().args(mount)))
            }
        }
    }

    /// Where it is; only for a test that does not run without it.
    pub(crate) fn expect(self) -> PathBuf {
        self.path().unwrap_or_else(|| panic!("{self:?} is not installed"))
    }
}

/// Runs the arguments that are added to it in a network where nothing is but the addresses of the machine itself.
pub(crate) fn own_network() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]);
    command
}

/// Runs the arguments that are added to it with mounts that nobody else sees.
pub(crate) fn own_mounts() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount"]);
    command
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Set in the surroundings that a test makes for itself.
const INSIDE: &str = "PICOMETER_TEST_INSIDE";

/// Runs this test again behind the command, unless that has been done. Tells whether the caller is the second one.
pub(crate) fn is_inside(mut outside: Command, test: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    outside.arg(env::current_exe().unwrap()).args(["--exact", test]).env(INSIDE, "1");
    let output = outside.output().unwrap();
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    false
}

/// Whether a peer that is missing is a failure.
pub(crate) fn required() -> bool {
    env::var_os("PICOMETER_REQUIRE_PEERS").is_some_and(|value| value == "1")
}

/// The virtual environment that `ci/install.sh` makes.
fn environment() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
}

/// The Python of the environment, if it has this file of a package.
fn python_with(name: &str) -> Option<PathBuf> {
    in_packages(name).and(file(environment().join("bin/python")))
}

fn in_packages(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(environment().join("lib")).ok()?;
    versions.flatten().find_map(|version| file(version.path().join("site-packages").join(name)))
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find_map(|directory| file(directory.join(name)))
}

fn file(path: PathBuf) -> Option<PathBuf> {
    path.is_file().then_some(path)
}
