//! A real OTLP receiver, which prints what it receives.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpStream},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    exposition::{Metrics, Series, Value},
    installed::Peer,
    running::{Running, eventually, on_free_port},
};

pub(crate) struct Rotel {
    process: Running,
    address: SocketAddr,
    directory: TempDir,
}

/// One batch that came.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) metrics: Metrics,
}

impl Rotel {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (process, address) = on_free_port(|address| run(&directory, address), is_ready);
        Self { process, address, directory }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it at once; it gets to do nothing more.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Runs it again, on the same port. It knows nothing of what came before.
    pub(crate) fn start_again(&mut self) {
        eventually("the receiver is back", || {
            self.process = run(&self.directory, self.address);
            eventually("the receiver is ready or has ended", || match self.process.has_ended() {
                Some(_) => Some(None),
                None => is_ready(&self.process, self.address).then_some(Some(())),
            })
        });
    }

    /// How many batches came.
    pub(crate) fn exports(&self) -> usize {
        self.process.stdout.with(&[FIRST_LINE]).len()
    }

    /// All batches that came; of the last one, as much as is printed.
    pub(crate) fn all_exports(&self) -> Vec<Export> {
        let lines = self.process.stdout.lines();
        let first = lines.iter().position(|line| line == FIRST_LINE).unwrap_or(lines.len());
        lines[first..].chunk_by(|_, next| next != FIRST_LINE).map(read).collect()
    }

    /// The batch that came last, or as much of it as is printed.
    pub(crate) fn last_export(&self) -> Option<Export> {
        let lines = self.process.stdout.lines();
        let first = lines.iter().rposition(|line| line == FIRST_LINE)?;
        Some(read(&lines[first..]))
    }
}

fn run(directory: &TempDir, address: SocketAddr) -> Running {
    let mut command = Command::new(Peer::Rotel.expect());
    command
        .env_clear()
        .current_dir(directory)
        .args(["start", "--exporter", "blackhole", "--debug-log", "metrics", "--debug-log-verbosity", "detailed"])
        .args(["--otlp-http-endpoint", "127.0.0.1:0", "--otlp-grpc-endpoint", &address.to_string()])
        .arg("--pid-file")
        .arg(directory.path().join("pid"))
        .arg("--log-file")
        .arg(directory.path().join("log"));
    Running::start(command)
}

fn is_ready(process: &Running, address: SocketAddr) -> bool {
    !process.stdout.with(&["Starting Rotel"]).is_empty() && TcpStream::connect(address).is_ok()
}

const FIRST_LINE: &str = "ResourceMetrics #0";

/// What the lines of the form `-> key: value` belong to.
enum Section {
    Resource,
    Metric,
    Point,
}

/// A point that is being read.
#[derive(Default)]
struct Point {
    labels: BTreeMap<String, String>,
    value: Option<f64>,
    count: u64,
    sum: f64,
    bounds: Vec<f64>,
    buckets: Vec<u64>,
}

#[derive(Default)]
struct Metric {
    name: String,
    unit: String,
    is_monotonic: bool,
}

/// Reads a batch as the receiver prints it. What it does not know, it skips.
fn read(lines: &[String]) -> Export {
    let mut export = Export { resource: BTreeMap::new(), metrics: Metrics::new() };
    let mut section = Section::Resource;
    let (mut scope, mut metric, mut point) = (BTreeMap::new(), Metric::default(), None);
    for line in lines {
        if let Some(entry) = line.trim_start().strip_prefix("-> ") {
            let (key, value) = entry.split_once(": ").unwrap_or((entry.trim_end_matches(':'), ""));
            match (&section, key) {
                (Section::Resource, key) => {
                    export.resource.insert(key.to_owned(), inner(value));
                }
                (Section::Point, key) => {
                    let point: &mut Point = point.as_mut().unwrap();
                    point.labels.insert(key.replace('.', "_"), inner(value));
                }
                (Section::Metric, "Name") => value.clone_into(&mut metric.name),
                (Section::Metric, "Unit") => value.clone_into(&mut metric.unit),
                (Section::Metric, "IsMonotonic") => metric.is_monotonic = value == "true",
                (Section::Metric, _) => {}
            }
        } else if let Some(name_and_version) = line.strip_prefix("InstrumentationScope ") {
            let (name, version) = name_and_version.split_once(' ').unwrap();
            scope = BTreeMap::from([
                ("otel_scope_name".to_owned(), name.to_owned()),
                ("otel_scope_version".to_owned(), version.to_owned()),
            ]);
        } else if line.starts_with("Metric #") {
            finish(&mut export.metrics, &metric, point.take());
            (section, metric) = (Section::Metric, Metric::default());
        } else if line.contains("DataPoints #") {
            finish(&mut export.metrics, &metric, point.take());
            (section, point) = (Section::Point, Some(Point { labels: scope.clone(), ..Point::default() }));
        } else if let (Some(point), Some((key, value))) = (&mut point, line.rsplit_once(": ")) {
            let number = || value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
            match key.split(' ').next().unwrap() {
                "Count" => point.count = value.parse().unwrap(),
                "Sum" => point.sum = number(),
                "Value" => point.value = Some(number()),
                "ExplicitBounds" => point.bounds.push(number()),
                "Buckets" => point.buckets.push(value.parse().unwrap()),
                _ => {}
            }
        }
    }
    finish(&mut export.metrics, &metric, point);
    export
}

/// Adds a point under the name that Prometheus would see.
fn finish(metrics: &mut Metrics, metric: &Metric, point: Option<Point>) {
    let Some(point) = point else { return };
    let unit = if metric.unit == "s" { "_seconds" } else { "" };
    let total = if metric.is_monotonic { "_total" } else { "" };
    let name = match &*metric.name {
        // Its name for Prometheus is its own: `_count` would be taken for a part of a histogram.
        "db.client.connection.count" => "db_client_connections".to_owned(),
        name => format!("{}{unit}{total}", name.replace('.', "_")),
    };
    let value = point.value.map_or_else(
        || {
            let bounds = point.bounds.iter().copied().chain([f64::INFINITY]);
            let mut below = 0;
            let cumulative = point.buckets.iter().map(|count| {
                below += count;
                below
            });
            Value::Histogram { count: point.count, sum: point.sum, buckets: bounds.zip(cumulative).collect() }
        },
        Value::Number,
    );
    let series = Series { name, labels: point.labels };
    assert!(!metrics.contains_key(&series), "twice in one export: {series:?}");
    metrics.insert(series, value);
}

/// `404` of `Int(404)`.
fn inner(value: &str) -> String {
    let inside = value.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(value).to_owned()
}
