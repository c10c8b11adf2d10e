//! Test sessions and the questions served in them.

use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Time, questions::Draw};
use crate::question::Unknown;

/// Somebody's attempt at a test.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Session {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) status: Status,
    #[serde(rename = "is_adaptive")]
    pub(crate) adaptive: bool,
    /// How many questions the test has; an adaptive one serves them one by one.
    pub(crate) question_count: u32,
    pub(crate) time_limit_exceeded: bool,
    pub(crate) started_at: Time,
    /// When it was completed or abandoned.
    #[serde(rename = "completed_at")]
    pub(crate) ended_at: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    InProgress,
    Completed,
    Abandoned,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Abandoned => "abandoned",
        }
    }
}

impl FromStr for Status {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        [Self::InProgress, Self::Completed, Self::Abandoned]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Unknown::new(text))
    }
}

impl Session {
    const COLUMNS: &'static str =
        "id, user_id, status, adaptive, question_count, time_limit_exceeded, started_at, ended_at";

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            status: row.get("status")?,
            adaptive: row.get("adaptive")?,
            question_count: row.get("question_count")?,
            time_limit_exceeded: row.get("time_limit_exceeded")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
        })
    }

    /// How long the test took; zero while it goes on.
    pub(crate) fn duration(&self) -> std::time::Duration {
        self.ended_at.map(|ended_at| ended_at.since(self.started_at)).unwrap_or_default()
    }
}

/// Fails as a duplicate when the user has an active session, and as an orphan when there is no such user.
pub(crate) fn insert(db: &Connection, user_id: i64, adaptive: bool, question_count: u32) -> rusqlite::Result<Session> {
    db.prepare_cached(&format!(
        "INSERT INTO test_sessions (user_id, status, adaptive, question_count, started_at)
         VALUES (?1, 'in_progress', ?2, ?3, ?4) RETURNING {}",
        Session::COLUMNS
    ))?
    .query_one(params![user_id, adaptive, question_count, Time::now()], Session::from_row)
}

pub(crate) fn active(db: &Connection, user_id: i64) -> rusqlite::Result<Option<Session>> {
    db.prepare_cached(&format!(
        "SELECT {} FROM test_sessions WHERE user_id = ?1 AND status = 'in_progress'",
        Session::COLUMNS
    ))?
    .query_row([user_id], Session::from_row)
    .optional()
}

/// The session, when it belongs to the user.
pub(crate) fn find(db: &Connection, user_id: i64, id: i64) -> rusqlite::Result<Option<Session>> {
    db.prepare_cached(&format!("SELECT {} FROM test_sessions WHERE id = ?1 AND user_id = ?2", Session::COLUMNS))?
        .query_row([id, user_id], Session::from_row)
        .optional()
}

/// Ends the session.
pub(crate) fn end(db: &Connection, id: i64, status: Status, time_limit_exceeded: bool) -> rusqlite::Result<Session> {
    db.prepare_cached(&format!(
        "UPDATE test_sessions SET status = ?2, time_limit_exceeded = ?3, ended_at = ?4 WHERE id = ?1 RETURNING {}",
        Session::COLUMNS
    ))?
    .query_one(params![id, status, time_limit_exceeded, Time::now()], Session::from_row)
}

/// Notes that what was drawn for its user is served, after what was served before. Fails as a duplicate when the user was
/// served others since it was drawn.
pub(crate) fn serve(db: &Connection, session: &Session, draw: &Draw) -> rusqlite::Result<()> {
    let now = Time::now();
    let mut insert = db.prepare_cached(
        "INSERT INTO session_questions (session_id, position, question_id, served_at)
         SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3 FROM session_questions WHERE session_id = ?1",
    )?;
    for question in &draw.questions {
        insert.execute(params![session.id, question.id, now])?;
    }
    draw.store(db, session.user_id)
}

/// How many sessions are in progress, of all users.
pub(crate) fn count_active(db: &Connection) -> rusqlite::Result<u64> {
    let count: u32 =
        db.query_row("SELECT count(*) FROM test_sessions WHERE status = 'in_progress'", [], |row| row.get(0))?;
    Ok(count.into())
}
