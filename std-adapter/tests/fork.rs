//! A process that was forked from one that exports: it has no thread that could.
//!
//! It is a program of its own, because only the thread that forks goes on in the child.

#[path = "push/log.rs"]
mod log;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::{Duration, Instant},
};

use fork::{Fork, fork, waitpid};
use picometer_std::{
    Registry, Telemetry,
    config::TelemetryConfig,
    export::{
        console::ConsoleExporter,
        periodic::{PeriodicReader, Schedule},
    },
};

/// No part of the test takes as long, unless something waits for a thread that is not there.
const HANG: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    log::keep();
    let mut config = TelemetryConfig::new("forked");
    config.enabled = true;
    config.metrics_enabled = true;
    let telemetry = Telemetry::start(&config, "1", Registry::new());
    let reader = PeriodicReader::start(Schedule::default(), ConsoleExporter::new(), |_: &mut _| {}).unwrap();

    match fork().unwrap() {
        Fork::Child => {
            let start = Instant::now();
            let tested = catch_unwind(AssertUnwindSafe(|| in_the_child(telemetry, reader)));
            let in_time = start.elapsed() < HANG;
            // At once: what else the parent had is not the child's to tear down.
            std::process::exit(match (tested, in_time) {
                (Ok(()), true) => 0,
                (Err(_), true) => 1,
                (_, false) => 2,
            });
        }
        Fork::Parent(child) => {
            let status = waitpid(child).unwrap();
            assert_eq!(status, 0, "the child's checks failed (256) or it waited (512)");
            // The parent is as it was.
            reader.force_flush(Duration::from_secs(30)).unwrap();
            telemetry.shutdown(Duration::from_secs(30)).unwrap();
            assert_eq!(telemetry.pushed().unwrap().exported, 1);
            assert_eq!(log::lines("ERROR", "").len(), 0);
            println!("a_forked_process_is_told_that_it_exports_nothing ... ok");
            ExitCode::SUCCESS
        }
    }
}

fn in_the_child(telemetry: Telemetry, reader: PeriodicReader) {
    for outcome in [telemetry.shutdown(HANG), reader.force_flush(HANG), reader.shutdown(HANG)] {
        let error = outcome.unwrap_err();
        assert!(error.is_forked() && !error.is_timeout(), "{error}");
        assert!(error.to_string().contains("fork"), "{error}");
    }
    drop((telemetry, reader));
    // One line for each reader, however often it is asked.
    let lines = log::lines("ERROR", "fork");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(log::lines("INFO", "metrics shut down").len(), 0);
}
