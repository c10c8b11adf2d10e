//! Answers given.

use rusqlite::{Connection, params};

use super::Time;
use crate::question::{Difficulty, QuestionType};

/// A served question, what it asks for, and whether it was answered.
pub(crate) struct Served {
    pub(crate) question_id: i64,
    pub(crate) question_type: QuestionType,
    pub(crate) difficulty: Difficulty,
    pub(crate) correct_answer: String,
    /// Whether the answer given was correct; `None` while there is none.
    pub(crate) outcome: Option<bool>,
}

impl Served {
    /// Spaces around an answer do not make it wrong.
    pub(crate) fn accepts(&self, user_answer: &str) -> bool {
        user_answer.trim() == self.correct_answer
    }
}

/// The questions of a session, in the order they were served.
pub(crate) fn served(db: &Connection, session_id: i64) -> rusqlite::Result<Vec<Served>> {
    db.prepare_cached(
        "SELECT q.id, q.question_type, q.difficulty, q.correct_answer, r.is_correct
         FROM session_questions s
         JOIN questions q ON q.id = s.question_id
         LEFT JOIN responses r ON r.session_id = s.session_id AND r.question_id = s.question_id
         WHERE s.session_id = ?1
         ORDER BY s.position",
    )?
    .query_map([session_id], |row| {
        Ok(Served {
            question_id: row.get(0)?,
            question_type: row.get(1)?,
            difficulty: row.get(2)?,
            correct_answer: row.get(3)?,
            outcome: row.get(4)?,
        })
    })?
    .collect()
}

/// Fails as a duplicate when the question is answered already, and as an orphan when it was not served.
pub(crate) fn insert(
    db: &Connection,
    session_id: i64,
    question_id: i64,
    user_answer: &str,
    is_correct: bool,
    time_spent_seconds: Option<u32>,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO responses (session_id, question_id, user_answer, is_correct, time_spent_seconds, answered_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![session_id, question_id, user_answer, is_correct, time_spent_seconds, Time::now()])?;
    Ok(())
}

pub(crate) fn count(db: &Connection, session_id: i64) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT count(*) FROM responses WHERE session_id = ?1")?.query_row([session_id], |row| row.get(0))
}
