//! The thread that exports at an interval.
//!
//! It has a tokio runtime of its own, so neither the caller's runtime nor its absence can stall it: a flush works from a
//! plain thread, from a current-thread runtime and from a runtime that is about to end.

mod sent;
mod shared;
mod worker;

use std::{
    fmt,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use super::{Batch, ExportError, PushExporter, error::Kind};

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
    /// The most that one export takes, all of its requests together. Default 30 s. From `OTEL_METRIC_EXPORT_TIMEOUT`.
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
    /// Exports without a failed request; some data points may have been rejected.
    pub exported: u64,
    /// Exports of which something failed: collecting or exporting panicked, the receiver refused a request, the time
    /// was over.
    pub failed: u64,
    /// Data points that receivers took, also in exports of which another request failed; of the console none, since
    /// nobody counts those of a text.
    pub data_points: u64,
    /// Data points that receivers rejected in requests that they took otherwise.
    pub rejected_data_points: u64,
}

/// Collects and exports at an interval, on a thread of its own named `<exporter>-export`.
///
/// The first export is due one interval after the start, each later one a whole number of intervals after the start,
/// however long exports take. An export that takes longer than an interval delays no later one: what became due
/// meanwhile is skipped, and two exports never overlap.
///
/// The requests of one export are sent one after the other. One that fails keeps no other from being sent, and as long
/// as others wait behind it, it gets half of the time that is left.
///
/// A failed export, a panic in `collect` or in the exporter, and a partial success are each logged once, as a warning
/// that begins with the exporter's name; the thread carries on.
///
/// A reader that is dropped without a [`shutdown`](Self::shutdown) makes one itself, which blocks for at most 5 s or
/// the export timeout, whichever is less, and warns about it: nobody learns what became of the last data but the log.
///
/// A forked process has no copy of the thread, so nothing is exported from it: there each method says so at once, with
/// an error whose [`is_forked`](ExportError::is_forked) is true and one line in the log. Start a reader after the fork.
///
/// ```
/// use std::time::Duration;
///
/// use picometer_std::export::otlp::{OtlpConfig, OtlpExporter};
/// use picometer_std::export::periodic::{PeriodicReader, Schedule};
/// use picometer_std::{Clock, Registry, Resource};
///
/// let config = OtlpConfig { timeout: Duration::from_millis(200), ..OtlpConfig::default() };
/// let limits = config.limits;
/// let exporter = OtlpExporter::new(config)?;
/// let (registry, resource, mut clock) = (Registry::new(), Resource::new("shop"), Clock::start());
/// let reader = PeriodicReader::start(Schedule::default(), exporter, move |batch| {
///     registry.write_otlp(&resource, &mut clock, limits, batch);
/// })?;
/// // At the end of the program:
/// if let Err(error) = reader.shutdown(Duration::from_secs(5)) {
///     eprintln!("the last export failed: {error}");
/// }
/// # Ok::<(), picometer_std::export::ExportError>(())
/// ```
pub struct PeriodicReader {
    shared: Arc<Shared>,
    export_timeout: Duration,
}

/// The most that dropping a reader takes.
const LAST_EXPORT: Duration = Duration::from_secs(5);

impl PeriodicReader {
    /// Starts the thread.
    ///
    /// `collect` adds the encoded metrics to an empty batch, which is reused from export to export; when it adds nothing
    /// there is nothing to export. It runs on the reader's thread and holds up the exports while it runs.
    ///
    /// # Errors
    ///
    /// The interval or the timeout is zero ([`ExportError::is_config`]), or the system has no thread or descriptor left.
    pub fn start<E, C>(schedule: Schedule, exporter: E, collect: C) -> Result<Self, ExportError>
    where
        E: PushExporter + Send + 'static,
        C: FnMut(&mut Batch) + Send + 'static,
    {
        if schedule.interval.is_zero() || schedule.export_timeout.is_zero() {
            let message = "an export interval or timeout of zero";
            return Err(ExportError::of(Kind::Config, message));
        }
        let shared = Arc::new(Shared::new(exporter.name()));
        let name = format!("{}-export", shared.name());
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
            Ok(Ok(())) => Ok(Self { shared, export_timeout: schedule.export_timeout }),
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
    /// The export failed (and was logged), it was not done within `timeout`, the reader had been shut down, or this
    /// process was forked from the one with the thread.
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
    /// The last export failed (and was logged), the thread had not ended within `timeout`, or this process was forked
    /// from the one with the thread. After a timeout it ends in the background as soon as `collect` and the exporter let
    /// it.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ExportError> {
        self.shared.shut_down(timeout)
    }

    /// An error in a process that was forked from the one that exports; the first one is logged.
    pub(crate) fn report_fork(&self) -> Result<(), ExportError> {
        self.shared.report_fork()
    }

    /// The numbers so far. They are read one after the other, so an export that ends meanwhile may be in some only.
    pub fn stats(&self) -> ExportStats {
        self.shared.stats()
    }
}

impl Drop for PeriodicReader {
    fn drop(&mut self) {
        if self.report_fork().is_err() || self.shared.is_stopping() {
            return;
        }
        let name = self.shared.name();
        match self.shared.shut_down(LAST_EXPORT.min(self.export_timeout)) {
            Ok(()) => tracing::warn!("{name} export: dropped without a shutdown, after a last export"),
            Err(error) => tracing::warn!("{name} export: dropped without a shutdown, the last export failed: {error}"),
        }
    }
}

impl fmt::Debug for PeriodicReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodicReader").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
