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
    state::AppState,
    store::{
        is_duplicate, is_orphan,
        questions::{self, Question},
        sessions::{self, Session},
    },
};

#[derive(Deserialize)]
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

    let active = state.database.run(move |db| Ok::<_, ApiError>(sessions::active(db, user.id)?)).await?;
    if let Some(session) = active {
        let detail = format!("Test session {} is in progress: submit or abandon it first", session.id);
        return Err(ApiError::bad_request(detail));
    }
    let started = state
        .database
        .write(
            move |db| begin(db, user.id, &wanted),
            |started| {
                let Session { adaptive, question_count, .. } = started.session;
                metrics::record_test_started(adaptive, question_count);
                metrics::record_questions_served(started.questions.len() as u32, adaptive);
            },
        )
        .await?;
    Ok(Json(started))
}

/// All questions of a fixed test at once, the first of an adaptive one.
fn begin(db: &Connection, user_id: i64, wanted: &Wanted) -> Result<Started, ApiError> {
    if wanted.adaptive {
        let session = open(db, user_id, true, wanted.question_count)?;
        let ability = Ability::estimate([]);
        let first = questions::most_informative(db, user_id, session.id, ability)?;
        serve(db, session, first.into_iter().collect(), Some(ability))
    } else {
        let questions = questions::unseen(db, user_id, wanted.question_count)?;
        // The bank may hold fewer than were asked for.
        let session = open(db, user_id, false, questions.len() as u32)?;
        serve(db, session, questions, None)
    }
}

fn open(db: &Connection, user_id: i64, adaptive: bool, question_count: u32) -> Result<Session, ApiError> {
    sessions::insert(db, user_id, adaptive, question_count).map_err(|error| {
        if is_duplicate(&error) {
            ApiError::conflict("Another test session was started at the same moment")
        } else if is_orphan(&error) {
            ApiError::unauthorized("The account was deleted")
        } else {
            error.into()
        }
    })
}

fn serve(
    db: &Connection,
    session: Session,
    questions: Vec<Question>,
    ability: Option<Ability>,
) -> Result<Started, ApiError> {
    if questions.is_empty() {
        return Err(ApiError::not_found("No unseen questions are left"));
    }
    sessions::serve(db, session.id, &questions)?;
    Ok(Started {
        total_questions: session.question_count,
        session,
        questions,
        current_theta: ability.map(|ability| ability.theta),
        current_se: ability.map(|ability| ability.standard_error),
    })
}
