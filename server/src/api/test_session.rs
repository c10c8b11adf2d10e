//! A test from its start to its result.

use rusqlite::Connection;

use super::error::ApiError;
use crate::{
    ability::Ability,
    metrics,
    question::Difficulty,
    store::{
        responses::{self, Served},
        results::{self, TestResult},
        sessions::{self, Session, Status},
    },
};

pub(super) mod abandon;
pub(super) mod next;
pub(super) mod read;
pub(super) mod start;
pub(super) mod submit;

/// The user's session, when it is in progress.
fn in_progress(db: &Connection, user_id: i64, id: i64) -> Result<Session, ApiError> {
    let session = sessions::find(db, user_id, id)?.ok_or(ApiError::not_found("Test session not found"))?;
    match session.status {
        Status::InProgress => Ok(session),
        ended => Err(ApiError::bad_request(format!("The test session is already {}", ended.as_str()))),
    }
}

/// What the answers so far say. A question that was served and not answered says nothing yet.
fn ability_so_far(served: &[Served]) -> Ability {
    Ability::estimate(served.iter().filter_map(|question| Some((question.difficulty, question.outcome?))))
}

/// Ends the session with a result. A question left unanswered counts as answered wrongly.
fn complete(db: &Connection, session: &Session, time_limit_exceeded: bool) -> Result<(Session, TestResult), ApiError> {
    let answers: Vec<(Difficulty, bool)> = responses::served(db, session.id)?
        .iter()
        .map(|question| (question.difficulty, question.outcome.unwrap_or(false)))
        .collect();
    let correct = answers.iter().filter(|(_, correct)| *correct).count();
    let session = sessions::end(db, session.id, Status::Completed, time_limit_exceeded)?;
    let ability = Ability::estimate(answers.iter().copied());
    // A session has at most a hundred questions.
    let result = results::insert(db, &session, ability, answers.len() as u32, correct as u32)?;
    Ok((session, result))
}

fn record_completed(session: &Session, result: &TestResult) {
    metrics::record_test_completed(session.adaptive, session.question_count, session.duration());
    metrics::record_iq_score(result.iq_score, session.adaptive);
}
