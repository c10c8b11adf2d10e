use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::{Duration, Instant},
};

use picometer_std::export::{
    Batch, ExportError, Exported, PushExporter,
    otlp::{OtlpConfig, OtlpExporter},
    periodic::{PeriodicReader, Schedule},
};
use picometer_std::{Registry, Telemetry};
use tonic::Status;

use crate::{
    HANG, config, log,
    receiver::{Answer, Mute, Receiver, Reserved},
    request, wait_until,
};

/// Never due by itself.
const ON_DEMAND: Schedule = Schedule { interval: Duration::from_secs(3600), export_timeout: HANG };

fn every(millis: u64) -> Schedule {
    Schedule { interval: Duration::from_millis(millis), ..ON_DEMAND }
}

/// A reader that exports a request named after the number of the collection: `m1`, `m2`, ...
fn numbered(schedule: Schedule, config: OtlpConfig) -> PeriodicReader {
    let exporter = OtlpExporter::new(config).unwrap();
    let mut number = 0;
    let collect = move |batch: &mut Batch| {
        assert_eq!(batch.requests().len(), 0);
        number += 1;
        push(batch, &request(&format!("m{number}")));
    };
    PeriodicReader::start(schedule, exporter, collect).unwrap()
}

/// Adds a request of one data point.
fn push(batch: &mut Batch, request: &[u8]) {
    batch.push(|bytes| {
        bytes.extend(request);
        1
    });
}

/// An exporter made of a closure.
struct Fake<F>(F);

impl<F: AsyncFnMut(Vec<u8>) -> Result<Exported, ExportError>> PushExporter for Fake<F> {
    fn name(&self) -> &str {
        "fake"
    }

    async fn export(&mut self, request: &[u8], _: Duration) -> Result<Exported, ExportError> {
        (self.0)(request.to_vec()).await
    }
}

fn in_time<T>(task: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = task();
    assert!(start.elapsed() < HANG / 3, "took {:?}", start.elapsed());
    result
}

#[test]
fn exports_come_at_the_interval() {
    let receiver = Receiver::start([]);
    let reader = numbered(every(5), config(&receiver.url()));
    wait_until("three exports arrived", || receiver.count() >= 3);
    reader.shutdown(HANG).unwrap();
    let received = receiver.received();
    for (index, received) in received.iter().enumerate() {
        assert!(received.bytes == request(&format!("m{}", index + 1)));
    }
    assert_eq!(reader.stats().exported, received.len() as u64);
    assert_eq!(reader.stats().failed, 0);
}

#[test]
fn nothing_is_exported_before_one_interval_has_passed() {
    let receiver = Receiver::start([]);
    let reader = numbered(ON_DEMAND, config(&receiver.url()));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(receiver.count(), 0);
    drop(reader);
}

#[test]
fn a_failed_export_is_warned_about_once_and_the_next_one_works() {
    log::keep();
    let unavailable = || Answer::Status(Status::unavailable("busy"));
    let receiver = Receiver::start([
        Answer::Status(Status::invalid_argument("bad")),
        unavailable(),
        unavailable(),
        Answer::Status(Status::permission_denied("worse")),
    ]);
    let url = receiver.url();
    let reader = numbered(ON_DEMAND, config(&url));
    assert!(reader.force_flush(HANG).unwrap_err().is_refused());
    let warnings = log::lines("WARN", &url);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("otlp export failed"), "{warnings:?}");
    assert!(warnings[0].contains("INVALID_ARGUMENT: bad"), "{warnings:?}");

    assert!(reader.force_flush(HANG).unwrap_err().is_refused());
    assert_eq!(log::lines("WARN", &url).len(), 2);
    let attempts = log::lines("DEBUG", &format!("at {url} failed"));
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert!(attempts.iter().all(|line| line.contains("otlp")));

    reader.force_flush(HANG).unwrap();
    assert_eq!(log::lines("WARN", &url).len(), 2);
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.failed), (1, 2));
}

#[test]
fn a_partial_success_is_warned_about_once() {
    log::keep();
    let receiver = Receiver::start([Answer::Partial(7, "older than the others")]);
    let reader = numbered(ON_DEMAND, config(&receiver.url()));
    reader.force_flush(HANG).unwrap();
    let warnings = log::lines("WARN", "older than the others");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("otlp") && warnings[0].contains('7'));
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.rejected_data_points), (1, 7));
    assert_eq!(receiver.count(), 1);
}

#[test]
fn a_receiver_that_is_down_at_the_start_gets_the_data_later() {
    log::keep();
    let reserved = Reserved::new();
    let url = reserved.url();
    let brief = OtlpConfig { timeout: Duration::from_millis(40), ..config(&url) };
    let reader = numbered(every(5), brief);
    wait_until("three exports failed", || reader.stats().failed >= 3);
    let receiver = Receiver::start_at(reserved, []);
    wait_until("an export arrived", || reader.stats().exported >= 1);
    reader.shutdown(HANG).unwrap();
    assert!(receiver.count() >= 1);
    assert_eq!(log::lines("WARN", &url).len() as u64, reader.stats().failed, "one warning for each");
}

#[test]
fn shutdown_exports_the_last_data_from_a_plain_thread() {
    let receiver = Receiver::start([]);
    let reader = Arc::new(numbered(ON_DEMAND, config(&receiver.url())));
    let other = reader.clone();
    std::thread::spawn(move || other.shutdown(HANG).unwrap()).join().unwrap();
    assert!(receiver.received()[0].bytes == request("m1"));
    // Again: the same outcome, no second export.
    reader.shutdown(HANG).unwrap();
    assert_eq!(receiver.count(), 0);
    assert!(reader.force_flush(HANG).unwrap_err().is_stopped());
    assert_eq!(reader.stats().exported, 1);
}

#[tokio::test(flavor = "current_thread")]
async fn shutdown_exports_the_last_data_from_a_current_thread_runtime() {
    let receiver = Receiver::start([]);
    let reader = numbered(ON_DEMAND, config(&receiver.url()));
    reader.force_flush(HANG).unwrap();
    reader.shutdown(HANG).unwrap();
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert!(received[1].bytes == request("m2"));
}

#[test]
fn shutdown_is_bounded_when_the_receiver_hangs() {
    let mute = Mute::start();
    let limit = Duration::from_millis(200);
    // Idle, and in the middle of an export.
    for schedule in [ON_DEMAND, every(1)] {
        let reader = numbered(schedule, config(&mute.url()));
        std::thread::sleep(Duration::from_millis(20));
        let error = in_time(|| reader.shutdown(limit)).unwrap_err();
        assert!(error.is_timeout(), "{error}");
        in_time(|| drop(reader));
    }
}

#[test]
fn shutdown_cuts_a_hanging_export_so_that_the_last_one_can_be_made() {
    let receiver = Receiver::start([Answer::Silence]);
    let reader = numbered(every(1), config(&receiver.url()));
    wait_until("the first export hangs", || receiver.count() == 1);
    in_time(|| reader.shutdown(Duration::from_secs(1))).unwrap();
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert!(received[1].accepted && received[1].bytes == request("m2"));
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.failed), (1, 1));
}

#[test]
fn flush_and_shutdown_are_bounded_when_collecting_hangs() {
    let (release, released) = mpsc::channel::<()>();
    let exporter = Fake(async |_| Ok(Exported::complete()));
    let collect = move |_: &mut Batch| {
        let _ = released.recv();
    };
    let reader = PeriodicReader::start(ON_DEMAND, exporter, collect).unwrap();
    let limit = Duration::from_millis(50);
    assert!(in_time(|| reader.force_flush(limit)).unwrap_err().is_timeout());
    assert!(in_time(|| reader.shutdown(limit)).unwrap_err().is_timeout());
    in_time(|| drop(reader));
    drop(release);
}

#[test]
fn a_reader_that_is_dropped_exports_first_and_says_so() {
    log::keep();
    let receiver = Receiver::start([]);
    let url = receiver.url();
    drop(numbered(ON_DEMAND, config(&url)));
    assert_eq!(receiver.count(), 1);
    let dropped = log::lines("WARN", "dropped without a shutdown");
    assert!(!dropped.is_empty() && dropped.iter().all(|line| line.contains("otlp")), "{dropped:?}");
}

#[test]
fn telemetry_that_is_dropped_exports_first() {
    let receiver = Receiver::start([]);
    drop(Telemetry::start(&crate::split::pushing(&receiver.url()), "1", Registry::new()));
    assert_eq!(receiver.count(), 1);
}

#[test]
fn dropping_a_reader_is_bounded_when_the_receiver_hangs() {
    let mute = Mute::start();
    let schedule = Schedule { export_timeout: Duration::from_millis(100), ..ON_DEMAND };
    in_time(|| drop(numbered(schedule, config(&mute.url()))));
}

#[test]
fn a_panic_in_collect_or_in_the_exporter_is_survived() {
    log::keep();
    let mut collections = 0;
    let collect = move |batch: &mut Batch| {
        collections += 1;
        push(batch, &[collections]);
        assert_ne!(collections, 1, "collect says ouch");
    };
    let exported = Arc::new(Mutex::new(Vec::new()));
    let seen = exported.clone();
    let exporter = Fake(async move |request: Vec<u8>| {
        assert_ne!(request, [2], "export says ouch");
        seen.lock().unwrap().push(request);
        Ok(Exported::complete())
    });
    let reader = PeriodicReader::start(ON_DEMAND, exporter, collect).unwrap();
    assert!(reader.force_flush(HANG).unwrap_err().is_panic());
    assert!(reader.force_flush(HANG).unwrap_err().is_panic());
    reader.force_flush(HANG).unwrap();
    reader.shutdown(HANG).unwrap();
    assert_eq!(*exported.lock().unwrap(), [[3], [4]]);
    assert_eq!(log::lines("WARN", "collect says ouch").len(), 1);
    assert_eq!(log::lines("WARN", "export says ouch").len(), 1);
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.failed), (2, 2));
}

#[test]
fn exports_do_not_overlap_and_late_ones_are_skipped() {
    let running = Arc::new(AtomicBool::new(false));
    let exports = Arc::new(AtomicUsize::new(0));
    let counter = exports.clone();
    let start = Instant::now();
    let exporter = Fake(async move |_| {
        assert!(!running.swap(true, SeqCst), "overlap");
        tokio::time::sleep(Duration::from_millis(25)).await;
        running.store(false, SeqCst);
        counter.fetch_add(1, SeqCst);
        Ok(Exported::complete())
    });
    let collect = |batch: &mut Batch| push(batch, &[1]);
    let reader = PeriodicReader::start(every(10), exporter, collect).unwrap();
    wait_until("four exports are done", || exports.load(SeqCst) >= 4);
    // Due at 10, 40, 70, 100 at the earliest: an export that is late waits for the next whole interval.
    assert!(start.elapsed() >= Duration::from_millis(125));
    reader.shutdown(HANG).unwrap();
    assert_eq!(reader.stats().failed, 0);
}

#[test]
fn an_export_ends_with_its_timeout() {
    let schedule = Schedule { export_timeout: Duration::from_millis(30), ..ON_DEMAND };
    let exporter = Fake(async |_| std::future::pending().await);
    let reader = PeriodicReader::start(schedule, exporter, |batch: &mut Batch| push(batch, &[1])).unwrap();
    for _ in 0..2 {
        let error = reader.force_flush(HANG).unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
}

#[test]
fn flushes_from_many_threads_all_get_an_answer() {
    let receiver = Receiver::start([]);
    let reader = numbered(every(1), config(&receiver.url()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    reader.force_flush(HANG).unwrap();
                }
            });
        }
    });
    reader.shutdown(HANG).unwrap();
    assert_eq!(reader.stats().failed, 0);
    assert_eq!(reader.stats().exported, receiver.count() as u64);
}

#[test]
fn nothing_collected_is_nothing_exported() {
    let exporter = Fake(async |_| panic!("exported"));
    let reader = PeriodicReader::start(ON_DEMAND, exporter, |_: &mut Batch| {}).unwrap();
    reader.force_flush(HANG).unwrap();
    reader.shutdown(HANG).unwrap();
    assert_eq!(reader.stats().exported, 0);
}

#[test]
fn a_schedule_of_zero_is_refused() {
    let exporter = || Fake(async |_| Ok(Exported::complete()));
    let collect = |_: &mut Batch| {};
    for schedule in
        [Schedule { interval: Duration::ZERO, ..ON_DEMAND }, Schedule { export_timeout: Duration::ZERO, ..ON_DEMAND }]
    {
        let error = PeriodicReader::start(schedule, exporter(), collect).unwrap_err();
        assert!(error.is_config());
    }
}
