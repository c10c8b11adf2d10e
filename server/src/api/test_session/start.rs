//! `/test/start`

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    ability::Ability,
    api::{
        error::ApiError,
        extract::{Authenticated, Query},
        issue::Checks,
    },
    metrics,
    question::random::Random,
    state::AppState,
    store::{
        is_duplicate, is_orphan,
        questions::{self, Draw, Question},
        sessions::{self, Session},
    },
};

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(default)]
pub(crate) struct Wanted {
    question_count: u32,
    adaptive: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { question_count: 25, adaptive: false }
    }
}

#[derive(Serialize)]
pub(crate) struct Started {
    session: Session,
    questions: Vec<Question>,
    total_questions: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_theta: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_se: Option<f64>,
}

pub(crate) async fn start(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Started>, ApiError> {
    let mut checks = Checks::default();
    checks.range("query", "question_count", wanted.question_count, 1..=100);
    checks.finish()?;

    // Drawn before it is this request's turn to write. Should the user start another test meanwhile, this one is refused.
    let mut random = Random::unpredictable()?;
    let drawn = state.database.run(move |db| draw(db, user.id, wanted, &mut random)).await?;
    if drawn.questions.is_empty() {
        return Err(ApiError::not_found("No unseen questions are left"));
    }
    let started = state
        .database
        .write(
            move |db| begin(db, user.id, wanted, drawn),
            |started| {
                let Session { adaptive, question_count, .. } = started.session;
                metrics::record_test_started(adaptive, question_count);
                metrics::record_questions_served(started.questions.len() as u32, adaptive);
            },
        )
        .await?;
    Ok(Json(started))
}

/// All questions of a fixed test, the first of an adaptive one; none when the user has seen them all.
fn draw(db: &Connection, user_id: i64, wanted: Wanted, random: &mut Random) -> Result<Draw, ApiError> {
    // One state of the database for all of its reads.
    let db = db.unchecked_transaction()?;
    if let Some(session) = sessions::active(&db, user_id)? {
        let detail = format!("Test session {} is in progress: submit or abandon it first", session.id);
        return Err(ApiError::bad_request(detail));
    }
    Ok(if wanted.adaptive {
        questions::most_informative(&db, user_id, Ability::estimate([]), &[], random)?
    } else {
        questions::unseen(&db, user_id, wanted.question_count, random)?
    })
}

fn begin(db: &Connection, user_id: i64, wanted: Wanted, drawn: Draw) -> Result<Started, ApiError> {
    let Wanted { adaptive, question_count } = wanted;
    // The bank may hold fewer than were asked for.
    let total_questions = if adaptive { question_count } else { drawn.questions.len() as u32 };
    let session = sessions::insert(db, user_id, adaptive, total_questions).map_err(refused)?;
    sessions::serve(db, &session, &drawn).map_err(refused)?;
    let ability = adaptive.then(|| Ability::estimate([]));
    Ok(Started {
        session,
        questions: drawn.questions,
        total_questions,
        current_theta: ability.map(|ability| ability.theta),
        current_se: ability.map(|ability| ability.standard_error),
    })
}

fn refused(error: rusqlite::Error) -> ApiError {
    if is_duplicate(&error) {
        ApiError::conflict("Another test session was started at the same moment")
    } else if is_orphan(&error) {
        ApiError::unauthorized("The account was deleted")
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::questions::bank::{LARGE, SMALL, bank, steps};

    #[test]
    fn the_work_inside_of_the_write_lock_depends_on_what_is_served_alone() {
        let small = bank(SMALL, "false");
        let large = ["false", "id % 4 > 0", "id > 2000"].map(|seen| bank(LARGE, seen));
        for (adaptive, question_count) in [(false, 1), (false, 25), (false, 100), (true, 25)] {
            let wanted = Wanted { adaptive, question_count };
            let begin = |db: &Connection| {
                let drawn = draw(db, 1, wanted, &mut Random::seeded(7)).unwrap();
                let (started, steps) = steps(db, || begin(db, 1, wanted, drawn).unwrap());
                sessions::end(db, started.session.id, sessions::Status::Abandoned, false).unwrap();
                steps
            };
            let few = begin(&small);
            for large in &large {
                let many = begin(large);
                assert!(many < 2 * few, "{wanted:?}: {few} steps with a small bank, {many} with a large one");
            }
        }
    }
}
