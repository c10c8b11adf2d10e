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
}

impl Peer {
    pub(crate) fn path(self) -> Option<PathBuf> {
        match self {
            Self::Prometheus => on_path("prometheus"),
            Self::Promtool => on_path("promtool"),
            Self::Python => python_with("prometheus_client/parser.py"),
            Self::Schemathesis => python_with("schemathesis/cli/__main__.py"),
            Self::Rotel => in_packages("rotel/rotel-agent"),
            Self::OwnNetwork => {
                let is_there = own_network().arg("true").output().is_ok_and(|output| output.status.success());
                on_path("unshare").filter(|_| is_there)
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
