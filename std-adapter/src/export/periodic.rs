//! The thread that exports at an interval.
//!
//! It has a tokio runtime of its own, so neither the caller's runtime nor its absence can stall it: a flush works from a
//! plain thread, from a current-thread runtime and from a runtime that is about to end.

mod shared;
mod worker;

use std::{
    fmt,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use super::{ExportError, PushExporter, error::Kind};

use self::{
    shared::Shared,
    worker::{Stopped, Worker},
};

/// How often a [`PeriodicReader`] exports and how long it lets an export take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From one export to the next, counted from the start of the reader. Default 60 s.
    /// From `OTEL_METRICS_EXPORT_INTERVAL_MILLIS` or `OTEL_METRIC_EXPORT_INTERVAL`.
    pub interval: Duration,
    /// The most that one export takes. Default 30 s. From `OTEL_METRIC_EXPORT_TIMEOUT`.
    pub export_timeout: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60), export_timeout: Duration::from_secs(30) }
    }
}

/// What a [`PeriodicReader`] has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportStats {
    /// Exports that the receiver took, wholly or in part.
    pub exported: u64,
    /// Exports that failed: collecting or exporting panicked, the receiver refused, the time was over.
    pub failed: u64,
    /// Data points that receivers rejected in exports that they took otherwise.
    pub rejected_data_points: u64,
}

/// Collects and exports at an interval, on a thread of its own named `<exporter>-export`.
///
/// The first export is due one interval after the start, each later one a whole number of intervals after the start,
/// however long exports take. An export that takes longer than an interval delays no later one: what became due
/// meanwhile is skipped, and two exports never overlap.
///
/// A failed export, a panic in `collect` or in the exporter, and a partial success are each logged once, as a warning
/// that begins with the exporter's name; the thread carries on.
///
/// Dropping a reader waits for nothing: the thread makes one last export in the background and ends. Call
/// [`shutdown`](Self::shutdown) to know what became of the last data.
pub struct PeriodicReader {
    shared: Arc<Shared>,
}

impl PeriodicReader {
    /// Starts the thread.
    ///
    /// `collect` appends the encoded metrics to an empty buffer, which is reused from export to export; when it appends
    /// nothing there is nothing to export. It runs on the reader's thread and holds up the exports while it runs.
    ///
    /// # Errors
    ///
    /// The interval or the timeout is zero ([`ExportError::is_config`]), or the system has no thread or descriptor left.
    pub fn start<E, C>(schedule: Schedule, exporter: E, collect: C) -> Result<Self, ExportError>
    where
        E: PushExporter + Send + 'static,
        C: FnMut(&mut Vec<u8>) + Send + 'static,
    {
        if schedule.interval.is_zero() || schedule.export_timeout.is_zero() {
            let message = "an export interval or timeout of zero";
            return Err(ExportError::of(Kind::Config, message));
        }
        let shared = Arc::new(Shared::default());
        let name = format!("{}-export", exporter.name());
        let (report, reported) = mpsc::channel();
        let worker = Worker::new(schedule, exporter, collect, shared.clone());
        let task = move || {
            let _stopped = Stopped(worker.shared());
            // Built here because a runtime must not be dropped on a thread that drives another one.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    let _ = report.send(Ok(()));
                    runtime.block_on(worker.run());
                    // A name server that does not answer would otherwise hold the thread.
                    runtime.shutdown_background();
                }
                Err(error) => {
                    let _ = report.send(Err(error));
                }
            }
        };
        thread::Builder::new()
            .name(name)
            .spawn(task)
            .map_err(|error| ExportError::new("the export thread did not start", error))?;
        match reported.recv() {
            Ok(Ok(())) => Ok(Self { shared }),
            Ok(Err(error)) => Err(ExportError::new("the export thread has no runtime", error)),
            Err(error) => Err(ExportError::new("the export thread died", error)),
        }
    }

    /// Collects and exports now, besides the schedule, and waits for the outcome, at most for `timeout`.
    ///
    /// It blocks the calling thread and may be called from any, also from one that drives a runtime. Flushes that are
    /// waiting at the same time share one export. After a timeout the export still goes on.
    ///
    /// # Errors
    ///
    /// The export failed (and was logged), it was not done within `timeout`, or the reader had been shut down.
    pub fn force_flush(&self, timeout: Duration) -> Result<(), ExportError> {
        self.shared.flush(timeout)
    }

    /// Collects and exports a last time, ends the thread and waits for both, at most for `timeout`.
    ///
    /// It blocks the calling thread and may be called from any, also from one that drives a runtime. An export that is
    /// on its way gets half the time to finish, the last one the rest. Later calls return the same outcome.
    ///
    /// # Errors
    ///
    /// The last export failed (and was logged), or the thread had not ended within `timeout`. In the latter case it
    /// ends in the background as soon as `collect` and the exporter let it.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ExportError> {
        self.shared.shut_down(timeout)
    }

    /// The numbers so far. They are read one after the other, so an export that ends meanwhile may be in some only.
    pub fn stats(&self) -> ExportStats {
        self.shared.stats()
    }
}

impl Drop for PeriodicReader {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

impl fmt::Debug for PeriodicReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodicReader").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
