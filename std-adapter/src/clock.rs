//! When counting began and when this is: the times of OTLP data points.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The two times of a data point: since when it counts, and when it was read.
///
/// OpenTelemetry wants no start after its time, and receivers refuse a point that is older than the one before it. The
/// clock of the system promises neither, since it can be set back. This one follows it forwards only: each reading is
/// later than the one before. When the system's clock is set back, this one goes on from where it was, as fast as time
/// passes, until the system's has caught up; the correction is followed when the process starts again.
///
/// Make one for each exporter, as early in the program as possible: its points say that they count since then. 32 bytes.
///
/// ```
/// use picometer_std::export::Batch;
/// use picometer_std::export::otlp::Limits;
/// use picometer_std::{Clock, Registry, Resource};
///
/// let (registry, mut clock, mut batch) = (Registry::new(), Clock::start(), Batch::new());
/// registry.write_otlp(&Resource::new("example"), &mut clock, Limits::NONE, &mut batch);
/// assert_eq!(batch.requests().len(), 1);
/// ```
#[derive(Debug)]
pub struct Clock {
    /// Nanoseconds since the Unix epoch, as all times of OTLP.
    start: u64,
    /// The last reading.
    time: u64,
    /// When that was.
    read: Instant,
}

impl Clock {
    /// Counting begins now.
    #[must_use]
    pub fn start() -> Self {
        // In this order, here and below: what passes in between must not be counted twice.
        let system = SystemTime::now();
        Self::start_at(system, Instant::now())
    }

    /// When counting began, and the time now, in nanoseconds since the Unix epoch.
    pub(crate) fn read(&mut self) -> (u64, u64) {
        let system = SystemTime::now();
        self.read_at(system, Instant::now())
    }

    fn start_at(system: SystemTime, monotonic: Instant) -> Self {
        let start = nanoseconds(system.duration_since(UNIX_EPOCH).unwrap_or_default());
        Self { start, time: start, read: monotonic }
    }

    fn read_at(&mut self, system: SystemTime, monotonic: Instant) -> (u64, u64) {
        let passed = nanoseconds(monotonic.saturating_duration_since(self.read)).max(1);
        let system = nanoseconds(system.duration_since(UNIX_EPOCH).unwrap_or_default());
        self.time = system.max(self.time.saturating_add(passed));
        self.read = monotonic;
        (self.start, self.time)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    /// Readings of a system's clock and the seconds that have passed; what each is, in seconds after the start.
    fn seconds(readings: &[(u64, u64)]) -> Vec<u64> {
        let epoch = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let monotonic = Instant::now();
        let mut clock = Clock::start_at(epoch + Duration::from_secs(2 * HOUR), monotonic);
        let mut last = clock.start;
        let read = |(system, passed): &(u64, u64)| {
            let passed = monotonic + Duration::from_secs(*passed);
            let (start, time) = clock.read_at(epoch + Duration::from_secs(*system), passed);
            assert!(start < time && last < time, "{start} {last} {time}");
            last = time;
            (time - start) / 1_000_000_000
        };
        readings.iter().map(read).collect()
    }

    #[test]
    fn a_clock_that_is_right_is_followed() {
        let read = seconds(&[(2 * HOUR, 0), (2 * HOUR + 60, 60), (2 * HOUR + 120, 120)]);
        assert_eq!(read, [0, 60, 120]);
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed() {
        assert_eq!(seconds(&[(3 * HOUR + 60, 60), (3 * HOUR + 120, 120)]), [HOUR + 60, HOUR + 120]);
    }

    #[test]
    fn time_goes_on_when_the_clock_is_set_back_until_it_has_caught_up() {
        // Back by an hour after a minute; forward by two another minute later, as if the day had been wrong as well.
        let read = seconds(&[(2 * HOUR + 60, 60), (HOUR + 120, 120), (HOUR + 180, 180), (3 * HOUR + 240, 240)]);
        assert_eq!(read, [60, 120, 180, HOUR + 240]);
    }

    #[test]
    fn a_clock_that_is_set_back_before_the_first_reading_is_not_followed() {
        assert_eq!(seconds(&[(HOUR, 1)]), [1]);
    }

    #[test]
    fn readings_of_one_moment_differ() {
        let mut clock = Clock::start();
        let (read, system) = (clock.read, UNIX_EPOCH);
        let times = [(); 3].map(|()| clock.read_at(system, read).1 - clock.start);
        assert_eq!(times, [1, 2, 3]);
    }
}
