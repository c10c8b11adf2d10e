//! The times of data points while the system's clock is set, which libfaketime does for one process alone.
//!
//! Without libfaketime the test is reported as ignored; with `PICOMETER_REQUIRE_PEERS=1` it fails. `ci/install.sh`
//! installs it.

#[allow(dead_code, reason = "the tests of pushes use all of it")]
#[path = "../push/receiver.rs"]
mod receiver;

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use libtest_mimic::{Arguments, Trial};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{NumberDataPoint, metric::Data, number_data_point::Value},
};
use picometer::{Gauge, MetricSet};
use picometer_std::{
    Registry, Telemetry,
    config::{Exporter, TelemetryConfig},
};
use prost::Message;

use receiver::Receiver;

/// Only a failure waits for so long.
const PATIENCE: Duration = Duration::from_secs(60);

const HOUR: u64 = 3600;

/// Makes this program the child: where it pushes.
const ENDPOINT: &str = "PICOMETER_TEST_ENDPOINT";

fn main() -> ExitCode {
    if let Ok(endpoint) = env::var(ENDPOINT) {
        push_to(&endpoint);
        return ExitCode::SUCCESS;
    }
    let required = env::var_os("PICOMETER_REQUIRE_PEERS").is_some_and(|value| value == "1");
    let library = library();
    let is_missing = library.is_none();
    let run = move || {
        times_agree_when_the_clock_is_set(&library.ok_or("libfaketime is not installed: run ci/install.sh")?);
        Ok(())
    };
    let test = Trial::test("times_agree_when_the_clock_is_set", run).with_ignored_flag(is_missing && !required);
    libtest_mimic::run(&Arguments::from_args(), vec![test]).exit_code()
}

/// libfaketime, where Debian installs it.
fn library() -> Option<PathBuf> {
    let mut architectures = fs::read_dir("/usr/lib").ok()?.flatten();
    architectures.find_map(|directory| {
        let library = directory.path().join("faketime/libfaketimeMT.so.1");
        library.is_file().then_some(library)
    })
}

#[derive(MetricSet)]
#[metric_set(scope = "test.clock")]
struct Seen {
    /// The system's clock, as the process sees it.
    #[metric(name = "system.clock", unit = "s")]
    clock: Gauge,
}

/// Pushes all the time, until its standard input ends.
fn push_to(endpoint: &str) {
    static SEEN: Seen = Seen::new();
    let mut config = TelemetryConfig::new("child");
    config.enabled = true;
    config.metrics_enabled = true;
    config.exporter = Exporter::Otlp;
    config.otlp.endpoint = endpoint.into();
    config.schedule.interval = Duration::from_millis(10);
    let telemetry = Telemetry::start(&config, "1", Registry::new().with(&SEEN).unwrap());
    thread::spawn(|| {
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            SEEN.clock.set(now.as_secs().cast_signed());
            thread::sleep(Duration::from_millis(1));
        }
    });
    let _ = std::io::stdin().read(&mut [0]);
    telemetry.shutdown(PATIENCE).unwrap();
}

fn times_agree_when_the_clock_is_set(library: &Path) {
    let offset = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clock-{}", std::process::id()));
    let set = |by: &str| {
        // In one step, so that the child does not read half of it.
        let new = offset.with_extension("new");
        fs::write(&new, by).unwrap();
        fs::rename(new, &offset).unwrap();
    };
    set("+0");
    let receiver = Receiver::start([]);
    let mut child = Killed(
        Command::new(env::current_exe().unwrap())
            .env(ENDPOINT, receiver.url())
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut series = Series::default();
    let begin = series.until(&receiver, |_, _| true);
    set("-1h");
    let (clock_back, time_back) = series.until(&receiver, |clock, _| clock + HOUR / 2 < begin.0);
    assert!(time_back > begin.1, "the clock says {clock_back}");
    // Goes on while the clock is behind.
    series.until(&receiver, |_, time| time > time_back + 20_000_000);
    set("+1h");
    let (clock_ahead, time_ahead) = series.until(&receiver, |clock, _| clock > begin.0 + HOUR / 2);
    // A push may have taken its time before it read the clock that is set.
    let time_ahead = time_ahead.max(series.until(&receiver, |_, _| true).1);
    assert!(time_ahead / 1_000_000_000 >= clock_ahead - 1, "a clock that is set forward is followed");
    drop(child.0.stdin.take());
    assert!(child.0.wait().unwrap().success());
    let _ = fs::remove_file(&offset);
}

/// One series, as it arrives.
#[derive(Default)]
struct Series {
    start: Option<u64>,
    time: u64,
}

impl Series {
    /// Takes pushes until one is as described: what the clock said, in seconds, and the time of the data point. Each
    /// has the same start and a later time.
    fn until(&mut self, receiver: &Receiver, is_it: impl Fn(u64, u64) -> bool) -> (u64, u64) {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let mut found = None;
            for received in receiver.received() {
                let Some((point, clock)) = point(&received.bytes) else { continue };
                let (start, time) = (point.start_time_unix_nano, point.time_unix_nano);
                assert!(start <= time, "the start {start} is after the time {time}");
                assert!(self.time < time, "the time {time} comes after {}", self.time);
                assert_eq!(*self.start.get_or_insert(start), start, "the start");
                self.time = time;
                found = found.or_else(|| is_it(clock, time).then_some((clock, time)));
            }
            if let Some(found) = found {
                return found;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("no such push came");
    }
}

/// The data point, and what the clock said.
fn point(bytes: &[u8]) -> Option<(NumberDataPoint, u64)> {
    let request = ExportMetricsServiceRequest::decode(bytes).unwrap();
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    let metric = scopes.flat_map(|scope| scope.metrics).find(|metric| metric.name == "system.clock")?;
    let Some(Data::Gauge(mut gauge)) = metric.data else { panic!("no gauge") };
    let point = gauge.data_points.pop()?;
    let Some(Value::AsInt(clock)) = point.value else { panic!("no integer") };
    Some((point, clock.cast_unsigned()))
}

/// A process that ends with the test, however it ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
