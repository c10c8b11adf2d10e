//! Results of completed tests.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Time, sessions::Session};
use crate::ability::{Ability, percentile};

/// What a completed test says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TestResult {
    pub(crate) id: i64,
    #[serde(rename = "test_session_id")]
    pub(crate) session_id: i64,
    pub(crate) user_id: i64,
    pub(crate) iq_score: f64,
    /// In IQ points: two scores out of three lie no further than this from the true one.
    pub(crate) standard_error: f64,
    /// The share of the population that scores lower, in percent.
    pub(crate) percentile_rank: f64,
    pub(crate) total_questions: u32,
    pub(crate) correct_answers: u32,
    pub(crate) accuracy_percentage: f64,
    pub(crate) completion_time_seconds: u32,
    pub(crate) completed_at: Time,
}

const SELECT: &str = "SELECT r.id, r.session_id, t.user_id, r.iq_score, r.standard_error, r.percentile_rank, \
    r.total_questions, r.correct_answers, r.completion_time_seconds, r.completed_at \
    FROM results r JOIN test_sessions t ON t.id = r.session_id";

impl TestResult {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (total_questions, correct_answers): (u32, u32) = (row.get("total_questions")?, row.get("correct_answers")?);
        Ok(Self {
            id: row.get("id")?,
            session_id: row.get("session_id")?,
            user_id: row.get("user_id")?,
            iq_score: row.get("iq_score")?,
            standard_error: row.get("standard_error")?,
            percentile_rank: row.get("percentile_rank")?,
            total_questions,
            correct_answers,
            accuracy_percentage: accuracy(correct_answers, total_questions),
            completion_time_seconds: row.get("completion_time_seconds")?,
            completed_at: row.get("completed_at")?,
        })
    }
}

/// In percent, to one decimal.
fn accuracy(correct: u32, total: u32) -> f64 {
    (f64::from(correct) * 1000.0 / f64::from(total.max(1))).round() / 10.0
}

/// The result of the session, which has ended.
pub(crate) fn insert(
    db: &Connection,
    session: &Session,
    ability: Ability,
    total_questions: u32,
    correct_answers: u32,
) -> rusqlite::Result<TestResult> {
    let iq_score = ability.iq_score();
    db.prepare_cached(
        "INSERT INTO results (session_id, iq_score, standard_error, percentile_rank, total_questions, correct_answers,
                              completion_time_seconds, completed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        session.id,
        iq_score,
        (150.0 * ability.standard_error).round() / 10.0,
        percentile(iq_score),
        total_questions,
        correct_answers,
        u32::try_from(session.duration().as_secs()).unwrap_or(u32::MAX),
        session.ended_at,
    ])?;
    db.prepare_cached(&format!("{SELECT} WHERE r.id = ?1"))?.query_row([db.last_insert_rowid()], TestResult::from_row)
}

/// The result, when it belongs to the user.
pub(crate) fn find(db: &Connection, user_id: i64, id: i64) -> rusqlite::Result<Option<TestResult>> {
    db.prepare_cached(&format!("{SELECT} WHERE r.id = ?1 AND t.user_id = ?2"))?
        .query_row([id, user_id], TestResult::from_row)
        .optional()
}

/// The user's results, newest first, and how many there are in all.
pub(crate) fn history(
    db: &Connection,
    user_id: i64,
    limit: u32,
    offset: u32,
) -> rusqlite::Result<(Vec<TestResult>, u32)> {
    let results = db
        .prepare_cached(&format!("{SELECT} WHERE t.user_id = ?1 ORDER BY r.id DESC LIMIT ?2 OFFSET ?3"))?
        .query_map(params![user_id, limit, offset], TestResult::from_row)?
        .collect::<rusqlite::Result<_>>()?;
    let total = db
        .prepare_cached(
            "SELECT count(*) FROM results r JOIN test_sessions t ON t.id = r.session_id WHERE t.user_id = ?1",
        )?
        .query_row([user_id], |row| row.get(0))?;
    Ok((results, total))
}
