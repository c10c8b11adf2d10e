//! Which business events are counted. Recording never fails, never blocks, and does nothing until metrics are on.
//!
//! HTTP requests, SQL statements and the pool are measured where they happen, by `picometer_std::instrument`;
//! [`record_http_request`] and [`record_db_query`] are for what happens elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use picometer::Label;
use picometer::label::HttpMethod;
use picometer_std::instrument::http::Route;
use picometer_std::instrument::sqlite::Operation;
use picometer_std::instrument::{http, sqlite};

mod connections;
mod set;

pub use connections::{
    CONNECTIONS, Closed, Connections, Refused, record_connection_closed, record_connection_ended,
    record_connection_limit, record_connection_opened, record_request_refused,
};
pub use set::{AIQ, Aiq};

use crate::question::{Difficulty, QuestionType};
use set::{Abandoned, Adaptive, Failed, Generated, Login, QuestionCount, QuestionsAnswered, Test};

/// Longer than anybody sits at a test: the clock or the client is wrong.
const LONGEST_PLAUSIBLE_TEST: Duration = Duration::from_secs(24 * 60 * 60);

static ON: AtomicBool = AtomicBool::new(false);

/// From now on recordings count.
pub fn switch_on() {
    ON.store(true, Ordering::Relaxed);
    connections::show_reasons();
}

fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// What went wrong inside the service. What clients do wrong shows in the status of their requests.
#[derive(Label, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// SQLite refused a statement, or holds something that cannot be read back.
    Database,
    /// No connection, or no write lock, within the time allowed.
    DatabaseTimeout,
    /// The database as a whole cannot be used: its files are not there, or cannot be written.
    DatabaseUnavailable,
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
            Self::DatabaseUnavailable => "database_unavailable",
            Self::PasswordHash => "password_hash",
            Self::Token => "token",
            Self::Random => "random",
            Self::RequestTimeout => "request_timeout",
            Self::Panic => "panic",
            Self::Accept => "accept",
        }
    }
}

/// A request was answered. An unknown method is `_OTHER`; a status that no answer has is left out.
pub fn record_http_request(method: &str, route: &str, status: u16, duration: Duration) {
    if is_on() {
        http::record(HttpMethod::parse(method), Route::learn(route), status, duration);
    }
}

/// A SQL statement ran. An unknown operation is `_OTHER`.
pub fn record_db_query(operation: &str, table: &str, duration: Duration) {
    if is_on() {
        sqlite::record(Operation::from_value(operation).unwrap_or(Operation::Other), table, duration);
    }
}

/// The service failed, in a handler (with the route's template) or in the background (without).
pub fn record_error(error_type: ErrorType, route: Option<&str>) {
    if is_on() {
        AIQ.errors.with(Failed { error_type, route: route.map(Route::learn) }).inc();
    }
}

/// So many sessions were in progress when the service started.
pub fn resume_active_sessions(count: u64) {
    if is_on() {
        AIQ.sessions_active.add(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

/// A session began.
pub fn record_test_started(adaptive: bool, question_count: u32) {
    if is_on() {
        AIQ.sessions_started.with(Test { adaptive, question_count: QuestionCount::new(question_count) }).inc();
        AIQ.sessions_active.inc();
    }
}

/// A session ended with a result.
pub fn record_test_completed(adaptive: bool, question_count: u32, duration: Duration) {
    if duration > LONGEST_PLAUSIBLE_TEST {
        tracing::warn!(adaptive, question_count, seconds = duration.as_secs(), "a test took longer than a day");
    }
    if is_on() {
        let test = Test { adaptive, question_count: QuestionCount::new(question_count) };
        AIQ.sessions_completed.with(test).inc();
        AIQ.sessions_duration.with(test).record_duration(duration);
        AIQ.sessions_active.dec();
    }
}

/// A session ended without a result.
pub fn record_test_abandoned(adaptive: bool, questions_answered: u32) {
    if is_on() {
        let questions_answered = QuestionsAnswered::new(questions_answered);
        AIQ.sessions_abandoned.with(Abandoned { adaptive, questions_answered }).inc();
        AIQ.sessions_active.dec();
    }
}

/// Questions were shown for the first time to somebody taking a test.
pub fn record_questions_served(count: u32, adaptive: bool) {
    if is_on() && count > 0 {
        AIQ.questions_served.with(Adaptive { adaptive }).add(count.into());
    }
}

/// Questions were added to the bank. An unknown type or difficulty is skipped.
pub fn record_questions_generated(count: u32, question_type: &str, difficulty: &str) {
    let labels = QuestionType::from_value(question_type).zip(Difficulty::from_value(difficulty));
    if let Some((question_type, difficulty)) = labels.filter(|_| is_on() && count > 0) {
        AIQ.questions_generated.with(Generated { question_type, difficulty }).add(count.into());
    }
}

/// Somebody registered.
pub fn record_user_registration() {
    if is_on() {
        AIQ.registrations.inc();
    }
}

/// A result was scored.
pub fn record_iq_score(score: f64, adaptive: bool) {
    if !(40.0..=160.0).contains(&score) {
        tracing::warn!(score, adaptive, "an IQ score lies outside 40-160");
    }
    if is_on() {
        // A float that is negative or not a number becomes zero.
        AIQ.iq_score.with(Adaptive { adaptive }).record((score * 1000.0).round() as u64);
    }
}

/// Lines of the log were lost. Counted also before metrics are on, since the log begins earlier.
pub(crate) fn record_log_lines_lost(count: u64) {
    AIQ.log_lines_lost.add(count);
}

/// Somebody tried to log in.
pub fn record_login(success: bool) {
    if is_on() {
        AIQ.logins.with(Login { success }).inc();
    }
}
