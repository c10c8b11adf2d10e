//! How the time from the request to stop to the end of the process is divided.

use std::time::{Duration, Instant};

/// The most that is kept for what comes after the requests.
const MAX_RESERVE: Duration = Duration::from_secs(10);

/// When the process is gone, whatever hangs. Requests in flight get three quarters of the time, the last quarter (at
/// most 10 s) is for work on the database that still runs, for the last push, and at its end for the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    end: Instant,
    reserve: Duration,
}

impl Deadline {
    pub(super) fn after(now: Instant, grace: Duration) -> Self {
        Self { end: now + grace, reserve: (grace / 4).min(MAX_RESERVE) }
    }

    /// The same, when requests get no more time.
    pub(super) fn without_grace(self, now: Instant) -> Self {
        Self { end: self.end.min(now + self.reserve), ..self }
    }

    /// When requests that are not done are dropped.
    pub(super) fn requests(&self) -> Instant {
        self.end - self.reserve
    }

    /// When work on the database and the last push must be over.
    pub(super) fn work(&self) -> Instant {
        self.end - self.reserve / 4
    }

    /// When the log is waited for no longer, and what ends by itself has ended.
    pub(super) fn log(&self) -> Instant {
        self.end - self.reserve / 8
    }

    /// When the process is ended if it is still there; the rest is for the line that says so.
    pub(super) fn force(&self) -> Instant {
        self.end - self.reserve / 16
    }

    pub(super) fn end(&self) -> Instant {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds from the request to each of the times.
    fn times(deadline: Deadline, start: Instant) -> [u128; 5] {
        [deadline.requests(), deadline.work(), deadline.log(), deadline.force(), deadline.end()]
            .map(|time| (time - start).as_millis())
    }

    #[test]
    fn requests_get_most_of_the_time_and_the_rest_fits() {
        let now = Instant::now();
        let after = |seconds| times(Deadline::after(now, Duration::from_secs(seconds)), now);
        assert_eq!(after(10), [7500, 9375, 9687, 9843, 10_000]);
        assert_eq!(after(100), [90_000, 97_500, 98_750, 99_375, 100_000]);
    }

    #[test]
    fn without_grace_the_rest_keeps_its_time_and_the_deadline_holds() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let early = Deadline::after(now, 10 * second).without_grace(now + second);
        assert_eq!(times(early, now), [1000, 2875, 3187, 3343, 3500]);
        let late = Deadline::after(now, 10 * second).without_grace(now + 9 * second);
        assert_eq!(late.end(), now + 10 * second);
    }
}
