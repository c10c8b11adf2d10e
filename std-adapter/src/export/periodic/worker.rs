//! The loop on the reader's thread.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout_at;

use super::{
    Schedule,
    sent::Sent,
    shared::{Order, Shared, Stop},
};
use crate::export::{
    Batch, ExportError, Exported, PushExporter,
    error::Kind,
    supervise::{caught, caught_async, race},
};

/// Stands in for "never" in the timer; the loop comes back to it.
const FAR: Duration = Duration::from_secs(24 * 3600);

pub(super) struct Worker<E, C> {
    schedule: Schedule,
    exporter: E,
    collect: C,
    batch: Batch,
    shared: Arc<Shared>,
}

/// Tells whoever waits that the thread has ended, however it did.
pub(super) struct Stopped(pub(super) Arc<Shared>);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.stopped();
    }
}

impl<E: PushExporter, C: FnMut(&mut Batch)> Worker<E, C> {
    pub(super) fn new(schedule: Schedule, exporter: E, collect: C, shared: Arc<Shared>) -> Self {
        Self { schedule, exporter, collect, batch: Batch::new(), shared }
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

    /// Collects, exports, counts and logs. Returns the first error, if any.
    async fn export(&mut self, limit: Duration, cut: Cut) -> Option<ExportError> {
        let sent = self.collect_and_send(limit, cut).await;
        self.shared.count(&sent);
        let name = self.exporter.name();
        let Exported { rejected_data_points, message } = &sent.answer;
        if *rejected_data_points > 0 {
            tracing::warn!("{name} export: the receiver rejected {rejected_data_points} data points: {message}");
        } else if !message.is_empty() {
            tracing::warn!("{name} export: the receiver took it and warns: {message}");
        }
        match &sent.error {
            Some(error) if sent.requests > 1 => {
                tracing::warn!("{name} export failed for {} of {} requests: {error}", sent.failed, sent.requests);
            }
            Some(error) => tracing::warn!("{name} export failed: {error}"),
            None => {}
        }
        sent.error
    }

    /// Every request gets its turn, whatever becomes of the others.
    async fn collect_and_send(&mut self, limit: Duration, cut: Cut) -> Sent {
        let mut sent = Sent::default();
        self.batch.clear();
        if let Err(error) = caught("collecting", || (self.collect)(&mut self.batch)) {
            sent.failed(error);
            return sent;
        }
        let mut time = Time::new(limit, cut);
        let mut requests = self.batch.requests();
        sent.requests = requests.len();
        while let Some(request) = requests.next() {
            let is_last = requests.len() == 0;
            match send(&mut self.exporter, &self.shared, request.bytes, &mut time, is_last).await {
                Ok(answer) => sent.took(request.data_points, answer),
                Err(error) => sent.failed(error),
            }
        }
        sent
    }
}

/// The time that an export has.
struct Time {
    end: Instant,
    /// Whether an order to stop cannot shorten it, or has done so.
    is_final: bool,
}

impl Time {
    fn new(limit: Duration, cut: Cut) -> Self {
        let now = Instant::now();
        Self { end: now.checked_add(limit).unwrap_or(now + FAR), is_final: matches!(cut, Cut::AtLimit) }
    }

    fn stop(&mut self, stop: Stop) {
        self.is_final = true;
        if let Some(deadline) = stop.deadline {
            let now = Instant::now();
            self.end = self.end.min(now + deadline.saturating_duration_since(now) / 2);
        }
    }
}

/// Sends one request, within half of the time left if others wait behind it.
async fn send<E: PushExporter>(
    exporter: &mut E,
    shared: &Shared,
    request: &[u8],
    time: &mut Time,
    is_last: bool,
) -> Result<Exported, ExportError> {
    let start = Instant::now();
    let left = time.end.saturating_duration_since(start);
    let limit = if is_last { left } else { left / 2 };
    let mut end = start + limit;
    let mut export = pin!(caught_async("the exporter", async { exporter.export(request, limit).await }));
    loop {
        let woken = race(export.as_mut(), shared.woken());
        match timeout_at(end.into(), woken).await {
            Ok(Some(result)) => return result,
            // Woken by an order. A flush has to wait for its turn.
            Ok(None) => {
                if let Some(stop) = shared.stop().filter(|_| !time.is_final) {
                    time.stop(stop);
                    end = end.min(time.end);
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
