//! The loop on the reader's thread.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout_at;

use super::{
    Schedule,
    shared::{Order, Shared},
};
use crate::export::{
    ExportError, Exported, PushExporter,
    error::Kind,
    supervise::{caught, caught_async, race},
};

/// Stands in for "never" in the timer; the loop comes back to it.
const FAR: Duration = Duration::from_secs(24 * 3600);

pub(super) struct Worker<E, C> {
    schedule: Schedule,
    exporter: E,
    collect: C,
    buffer: Vec<u8>,
    shared: Arc<Shared>,
}

/// Tells whoever waits that the thread has ended, however it did.
pub(super) struct Stopped(pub(super) Arc<Shared>);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.stopped();
    }
}

impl<E: PushExporter, C: FnMut(&mut Vec<u8>)> Worker<E, C> {
    pub(super) fn new(schedule: Schedule, exporter: E, collect: C, shared: Arc<Shared>) -> Self {
        Self { schedule, exporter, collect, buffer: Vec::new(), shared }
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    pub(super) async fn run(mut self) {
        let start = Instant::now();
        loop {
            match self.shared.order() {
                Some(Order::Stop(stop)) => {
                    let now = Instant::now();
                    let left = stop.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now));
                    let limit = left.min(self.schedule.export_timeout);
                    let error = self.export(limit, Cut::AtLimit).await;
                    self.shared.last_exported(error);
                    return;
                }
                Some(Order::Flush(number)) => {
                    let limit = self.schedule.export_timeout;
                    let error = self.export(limit, Cut::EarlierOnStop).await;
                    self.shared.flushed(number, error);
                    continue;
                }
                None => {}
            }
            let now = Instant::now();
            let due = next_due(start, self.schedule.interval, now);
            let wake_at = due.unwrap_or(now + FAR);
            let ordered = timeout_at(wake_at.into(), self.shared.woken()).await;
            if ordered.is_err() && due.is_some() {
                self.export(self.schedule.export_timeout, Cut::EarlierOnStop).await;
            }
        }
    }

    /// Collects, exports, counts and logs. Returns the error, if any.
    async fn export(&mut self, limit: Duration, cut: Cut) -> Option<ExportError> {
        let result = self.collect_and_send(limit, cut).await;
        self.shared.count(&result);
        let name = self.exporter.name();
        match result {
            Ok(Some(exported)) if exported.rejected_data_points > 0 => {
                let count = exported.rejected_data_points;
                let message = exported.message;
                tracing::warn!("{name} export: the receiver rejected {count} data points: {message}");
                None
            }
            Ok(Some(exported)) if !exported.message.is_empty() => {
                let message = exported.message;
                tracing::warn!("{name} export: the receiver took it and warns: {message}");
                None
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!("{name} export failed: {error}");
                Some(error)
            }
        }
    }

    /// `None` when there was nothing to export.
    async fn collect_and_send(&mut self, limit: Duration, cut: Cut) -> Result<Option<Exported>, ExportError> {
        self.buffer.clear();
        caught("collecting", || (self.collect)(&mut self.buffer))?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let start = Instant::now();
        let mut end = start.checked_add(limit).unwrap_or(start + FAR);
        let mut export = pin!(caught_async("the exporter", async { self.exporter.export(&self.buffer, limit).await }));
        let mut stopping = matches!(cut, Cut::AtLimit);
        loop {
            let woken = race(export.as_mut(), self.shared.woken());
            match timeout_at(end.into(), woken).await {
                Ok(Some(result)) => return result.map(Some),
                // Woken by an order. A flush has to wait for its turn.
                Ok(None) => {
                    let Some(stop) = self.shared.stop().filter(|_| !stopping) else {
                        continue;
                    };
                    stopping = true;
                    if let Some(deadline) = stop.deadline {
                        let now = Instant::now();
                        end = end.min(now + deadline.saturating_duration_since(now) / 2);
                    }
                }
                Err(_) => {
                    let elapsed = start.elapsed();
                    let message = format!("not done within {elapsed:.0?}");
                    return Err(ExportError::of(Kind::Timeout, message));
                }
            }
        }
    }
}

/// What ends an export that is not done.
#[derive(Clone, Copy)]
enum Cut {
    /// Only its limit: it is the last one.
    AtLimit,
    /// Also half of the time that a shutdown leaves, for the last export to get the other half. The last one carries
    /// newer data.
    EarlierOnStop,
}

/// The first whole number of intervals after `start` that lies after `now`. `None` if the clock cannot express it.
fn next_due(start: Instant, interval: Duration, now: Instant) -> Option<Instant> {
    let elapsed = now.saturating_duration_since(start).as_nanos();
    let interval = interval.as_nanos();
    let due = (elapsed / interval + 1).checked_mul(interval)?;
    let seconds = u64::try_from(due / 1_000_000_000).ok()?;
    let nanos = (due % 1_000_000_000) as u32;
    start.checked_add(Duration::new(seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn exports_are_due_at_whole_intervals_after_the_start() {
        let start = Instant::now();
        for (elapsed, due) in [
            (Duration::ZERO, SECOND),
            (SECOND / 2, SECOND),
            (SECOND, 2 * SECOND),
            // Late ticks are skipped.
            (5 * SECOND + SECOND / 10, 6 * SECOND),
        ] {
            assert_eq!(next_due(start, SECOND, start + elapsed), Some(start + due));
        }
    }

    #[test]
    fn a_schedule_does_not_drift() {
        let start = Instant::now();
        let mut now = start;
        for _ in 0..1000 {
            // Each wake-up is a little late.
            now = next_due(start, SECOND, now).unwrap() + SECOND / 7;
        }
        assert_eq!(now, start + 1000 * SECOND + SECOND / 7);
    }

    #[test]
    fn an_endless_interval_is_never_due() {
        let start = Instant::now();
        assert_eq!(next_due(start, Duration::MAX, start), None);
    }
}
