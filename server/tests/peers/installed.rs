//! Which peers there are on this machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A program that the tests do not build.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer {
    Prometheus,
    Promtool,
    /// A Python that has `prometheus_client`.
    Python,
    /// An OTLP receiver.
    Rotel,
}

impl Peer {
    pub(crate) fn path(self) -> Option<PathBuf> {
        match self {
            Self::Prometheus => on_path("prometheus"),
            Self::Promtool => on_path("promtool"),
            Self::Python => {
                file(in_packages("prometheus_client/parser.py")?).and(file(environment().join("bin/python")))
            }
            Self::Rotel => in_packages("rotel/rotel-agent"),
        }
    }

    /// Where it is; only for a test that does not run without it.
    pub(crate) fn expect(self) -> PathBuf {
        self.path().unwrap_or_else(|| panic!("{self:?} is not installed"))
    }
}

/// Whether a peer that is missing is a failure.
pub(crate) fn required() -> bool {
    env::var_os("PICOMETER_REQUIRE_PEERS").is_some_and(|value| value == "1")
}

/// The virtual environment that `ci/install.sh` makes.
fn environment() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
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
