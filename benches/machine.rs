//! What the figures were measured on.

use std::fs;
use std::process::Command;

/// The machine and the versions, for the head of the results.
#[derive(Debug)]
pub struct Machine {
    /// The processor, and how many there are.
    pub processor: String,
    /// The kernel.
    pub system: String,
    /// The compiler.
    pub compiler: String,
    /// The peers, each with its version.
    pub versions: Vec<String>,
}

/// The crates whose versions matter.
const PEERS: [&str; 12] = [
    "prometheus",
    "prometheus-client",
    "metrics",
    "metrics-exporter-prometheus",
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry-proto",
    "opentelemetry-prometheus",
    "measured",
    "metriken",
    "fastmetrics",
    "hdrhistogram",
];

impl Machine {
    /// This machine, and the versions in the lock file.
    #[must_use]
    pub fn this(lock: &str) -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let model = file("/proc/cpuinfo");
        let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let model = model.map_or("unknown processor", |(_, model)| model).to_owned();
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let virtual_machine = if file("/proc/cpuinfo").contains("hypervisor") { ", virtual" } else { "" };
        Self {
            processor: format!("{model}, {processors} processors{virtual_machine}"),
            system: format!(
                "Linux {}",
                file("/proc/sys/kernel/osrelease").trim().split('-').next().unwrap_or_default()
            ),
            compiler: output("rustc", &["--version"]),
            versions: PEERS.iter().map(|name| format!("{name} {}", version(lock, name))).collect(),
        }
    }
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| program.to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn version(lock: &str, name: &str) -> String {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let versions = lock.split(entry.as_str()).skip(1).filter_map(|rest| rest.split('"').next());
    versions.collect::<Vec<_>>().join(" and ")
}
