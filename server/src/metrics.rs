//! Which business events are counted. Recording never fails and never blocks.
//!
//! HTTP requests, SQL statements and the pool are measured where they happen, not here.

use std::time::Duration;

use crate::question::{Difficulty, QuestionType};

/// Longer than anybody sits at a test: the clock or the client is wrong.
const LONGEST_PLAUSIBLE_TEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What went wrong inside the service. What clients do wrong shows in the status of their requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// SQLite refused a statement, or holds something that cannot be read back.
    Database,
    /// No connection, or no write lock, within the time allowed.
    DatabaseTimeout,
    /// A password could not be hashed.
    PasswordHash,
    /// A token could not be signed.
    Token,
    /// The system had no random numbers.
    Random,
    /// A request took longer than allowed.
    RequestTimeout,
    /// Code panicked.
    Panic,
    /// A connection could not be accepted.
    Accept,
}

impl ErrorType {
    /// The value of the label `error.type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::DatabaseTimeout => "database_timeout",
            Self::PasswordHash => "password_hash",
            Self::Token => "token",
            Self::Random => "random",
            Self::RequestTimeout => "request_timeout",
            Self::Panic => "panic",
            Self::Accept => "accept",
        }
    }
}

/// The service failed, in a handler (with the route's template) or in the background (without).
pub fn record_error(error_type: ErrorType, route: Option<&str>) {
    let _ = (error_type, route);
}

/// A session began.
pub fn record_test_started(adaptive: bool, question_count: u32) {
    let _ = (adaptive, question_count);
}

/// A session ended with a result.
pub fn record_test_completed(adaptive: bool, question_count: u32, duration: Duration) {
    if duration > LONGEST_PLAUSIBLE_TEST {
        tracing::warn!(adaptive, question_count, seconds = duration.as_secs(), "a test took longer than a day");
    }
}

/// A session ended without a result.
pub fn record_test_abandoned(adaptive: bool, questions_answered: u32) {
    let _ = (adaptive, questions_answered);
}

/// Questions were shown for the first time to somebody taking a test.
pub fn record_questions_served(count: u32, adaptive: bool) {
    if count == 0 {
        return;
    }
    let _ = adaptive;
}

/// Questions were added to the bank. An unknown type or difficulty is skipped.
pub fn record_questions_generated(count: u32, question_type: &str, difficulty: &str) {
    if count == 0 {
        return;
    }
    let (Ok(_question_type), Ok(_difficulty)) =
        (question_type.parse::<QuestionType>(), difficulty.parse::<Difficulty>())
    else {
        return;
    };
}

/// Somebody registered.
pub fn record_user_registration() {}

/// A result was scored.
pub fn record_iq_score(score: f64, adaptive: bool) {
    if !(40.0..=160.0).contains(&score) {
        tracing::warn!(score, adaptive, "an IQ score lies outside 40-160");
    }
}

/// Somebody tried to log in.
pub fn record_login(success: bool) {
    let _ = success;
}
