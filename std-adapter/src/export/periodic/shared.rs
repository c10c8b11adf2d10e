//! What the reader's thread and its callers tell each other.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{ExportStats, sent::Sent};
use crate::export::{ExportError, error::Kind};

type Outcome = Result<(), ExportError>;

/// Orders are numbers in a mutex rather than messages in a queue, so any number of callers needs no memory.
pub(super) struct Shared {
    /// The exporter's.
    name: String,
    /// The process that the thread is in.
    process: u32,
    /// Whether it was logged that this process is a fork.
    fork_logged: AtomicBool,
    state: Mutex<State>,
    /// Some order was carried out.
    done: Condvar,
    /// Some order was given. Holds one permit, so none is missed.
    wake: Notify,
    exported: AtomicU64,
    failed: AtomicU64,
    data_points: AtomicU64,
    rejected_data_points: AtomicU64,
}

#[derive(Default)]
struct State {
    flushes_ordered: u64,
    flushes_done: u64,
    last_flush: Option<ExportError>,
    stop: Option<Stop>,
    last_export: Option<ExportError>,
    stopped: bool,
}

/// The order to export a last time and end.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    /// When the last export must be over; `None` for no other limit than the export timeout.
    pub(super) deadline: Option<Instant>,
}

pub(super) enum Order {
    Stop(Stop),
    /// Flushes up to this number.
    Flush(u64),
}

/// The callers' side.
impl Shared {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            process: std::process::id(),
            fork_logged: AtomicBool::default(),
            state: Mutex::default(),
            done: Condvar::default(),
            wake: Notify::default(),
            exported: AtomicU64::default(),
            failed: AtomicU64::default(),
            data_points: AtomicU64::default(),
            rejected_data_points: AtomicU64::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// An error in a process that was forked from the one with the thread, which is logged once. To be asked before the
    /// lock is taken: whoever held it when the process was forked is not there to release it.
    pub(super) fn report_fork(&self) -> Outcome {
        let (process, here) = (self.process, std::process::id());
        if process == here {
            return Ok(());
        }
        let message =
            format!("process {here} is a fork of {process}, which exports: start telemetry after the fork instead");
        if !self.fork_logged.swap(true, Relaxed) {
            tracing::error!("{} export: {message}", self.name);
        }
        Err(ExportError::of(Kind::Forked, message))
    }

    /// Whether a shutdown was ordered.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stop.is_some()
    }

    pub(super) fn flush(&self, timeout: Duration) -> Outcome {
        self.report_fork()?;
        let mut state = self.lock();
        if state.stop.is_some() || state.stopped {
            let message = "the reader has been shut down";
            return Err(ExportError::of(Kind::Stopped, message));
        }
        state.flushes_ordered += 1;
        let number = state.flushes_ordered;
        self.wake.notify_one();
        let pending = |state: &mut State| state.flushes_done < number && !state.stopped;
        let state = self.wait(state, timeout, pending, "flush")?;
        // A stop in the meantime did the flush's work with its last export.
        let error = if state.flushes_done >= number { &state.last_flush } else { &state.last_export };
        error.clone().map_or(Ok(()), Err)
    }

    pub(super) fn shut_down(&self, timeout: Duration) -> Outcome {
        self.report_fork()?;
        let mut state = self.lock();
        // The last tenth is for the way back, so that the caller learns the outcome and it is logged in time.
        let deadline = Instant::now().checked_add(timeout - timeout / 10);
        state.stop.get_or_insert(Stop { deadline });
        self.wake.notify_one();
        let state = self.wait(state, timeout, |state| !state.stopped, "shutdown")?;
        state.last_export.clone().map_or(Ok(()), Err)
    }

    pub(super) fn stats(&self) -> ExportStats {
        ExportStats {
            exported: self.exported.load(Relaxed),
            failed: self.failed.load(Relaxed),
            data_points: self.data_points.load(Relaxed),
            rejected_data_points: self.rejected_data_points.load(Relaxed),
        }
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        timeout: Duration,
        pending: impl FnMut(&mut State) -> bool,
        what: &str,
    ) -> Result<MutexGuard<'a, State>, ExportError> {
        let (state, waited) =
            self.done.wait_timeout_while(state, timeout, pending).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            let message = format!("the {what} was not done within {timeout:.0?}");
            return Err(ExportError::of(Kind::Timeout, message));
        }
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's side.
impl Shared {
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(super) fn order(&self) -> Option<Order> {
        let state = self.lock();
        match state.stop {
            Some(stop) => Some(Order::Stop(stop)),
            None if state.flushes_done < state.flushes_ordered => Some(Order::Flush(state.flushes_ordered)),
            None => None,
        }
    }

    pub(super) fn stop(&self) -> Option<Stop> {
        self.lock().stop
    }

    /// Counted before anybody waiting is told, so that what a flush did is in the numbers.
    pub(super) fn count(&self, sent: &Sent) {
        if sent.is_nothing() {
            return;
        }
        let outcome = if sent.error.is_some() { &self.failed } else { &self.exported };
        outcome.fetch_add(1, Relaxed);
        self.data_points.fetch_add(sent.data_points, Relaxed);
        self.rejected_data_points.fetch_add(sent.answer.rejected_data_points, Relaxed);
    }

    pub(super) fn flushed(&self, number: u64, error: Option<ExportError>) {
        let mut state = self.lock();
        state.flushes_done = number;
        state.last_flush = error;
        self.done.notify_all();
    }

    pub(super) fn last_exported(&self, error: Option<ExportError>) {
        self.lock().last_export = error;
    }

    pub(super) fn stopped(&self) {
        self.lock().stopped = true;
        self.done.notify_all();
    }
}
