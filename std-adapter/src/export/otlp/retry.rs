//! What is worth another attempt, and when.

use std::{
    error::Error,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tonic::{Code, Status};

use super::message::retry_delay;

/// Growth of the pause from one attempt to the next; the multiplier of the OpenTelemetry SDKs' retry policy.
const GROWTH: f64 = 1.5;

/// Each pause is drawn from ±20 % around its nominal length, as in the OpenTelemetry SDKs' retry policy.
const JITTER: f64 = 0.2;

/// What a failed attempt means for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Trying again will not help.
    Final,
    /// Try again after the usual pause.
    Retry,
    /// Try again, but not before this long.
    RetryAfter(Duration),
}

/// The table of the OTLP specification: "Failures" under "OTLP/gRPC Response".
pub(super) fn verdict(status: &Status) -> Verdict {
    let delay = retry_delay(status.details());
    match (status.code(), delay) {
        (Code::ResourceExhausted | Code::Unavailable, Some(delay)) => Verdict::RetryAfter(delay),
        (
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss,
            _,
        ) => Verdict::Retry,
        // Only a status that our own side made has a cause: the receiver did not answer, so this is a network error.
        _ if status.source().is_some() => Verdict::Retry,
        _ => Verdict::Final,
    }
}

/// Pauses that grow, with jitter, so that the clients of a receiver that comes back do not all return at once.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first.min(longest), longest }
    }

    pub(super) fn pause(&mut self) -> Duration {
        let nominal = self.next;
        self.next = scale(nominal, GROWTH).min(self.longest);
        scale(nominal, 1.0 - JITTER + 2.0 * JITTER * random())
    }
}

fn scale(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Uniform in 0..1. The standard library's hash seed is random enough to spread retries.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_codes_is_the_specifications() {
        for (code, retried) in [
            (Code::Cancelled, true),
            (Code::Unknown, false),
            (Code::InvalidArgument, false),
            (Code::DeadlineExceeded, true),
            (Code::NotFound, false),
            (Code::AlreadyExists, false),
            (Code::PermissionDenied, false),
            (Code::ResourceExhausted, false),
            (Code::FailedPrecondition, false),
            (Code::Aborted, true),
            (Code::OutOfRange, true),
            (Code::Unimplemented, false),
            (Code::Internal, false),
            (Code::Unavailable, true),
            (Code::DataLoss, true),
            (Code::Unauthenticated, false),
        ] {
            let expected = if retried { Verdict::Retry } else { Verdict::Final };
            assert_eq!(verdict(&Status::new(code, "")), expected, "{code:?}");
        }
    }

    #[test]
    fn a_status_with_a_local_cause_is_a_network_error() {
        let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert_eq!(verdict(&Status::from_error(Box::new(cause))), Verdict::Retry);
    }

    #[test]
    fn pauses_grow_to_the_longest_and_keep_within_the_jitter() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(200));
        for nominal in [100.0, 150.0, 200.0, 200.0, 200.0] {
            let pause = backoff.pause().as_secs_f64() * 1000.0;
            assert!((nominal * 0.799..nominal * 1.201).contains(&pause), "{pause} ms around {nominal} ms");
        }
    }

    #[test]
    fn jitter_differs_from_pause_to_pause() {
        let pauses: std::collections::HashSet<_> =
            (0..20).map(|_| Backoff::new(Duration::from_secs(1), Duration::from_secs(1)).pause()).collect();
        assert!(pauses.len() > 10);
    }

    #[test]
    fn extreme_settings_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
        backoff.pause();
        backoff.pause();
        assert!(Backoff::new(Duration::ZERO, Duration::ZERO).pause().is_zero());
    }
}
