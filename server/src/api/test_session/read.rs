//! Looking at tests without changing them.

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        error::ApiError,
        extract::{Authenticated, Id, Query},
        issue::Checks,
    },
    state::AppState,
    store::{
        questions::{self, Question},
        responses,
        results::{self, TestResult},
        sessions::{self, Session, Status},
    },
};

/// A session; with its questions while it is in progress, so that a client can go on after a restart.
#[derive(Serialize)]
pub(crate) struct SessionView {
    session: Session,
    questions_answered: u32,
    questions: Option<Vec<Question>>,
}

impl SessionView {
    fn of(db: &Connection, session: Session) -> Result<Self, ApiError> {
        let in_progress = session.status == Status::InProgress;
        Ok(Self {
            questions_answered: responses::count(db, session.id)?,
            questions: in_progress.then(|| questions::served(db, session.id)).transpose()?,
            session,
        })
    }
}

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    limit: u32,
    offset: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 50, offset: 0 }
    }
}

#[derive(Serialize)]
pub(crate) struct History {
    results: Vec<TestResult>,
    total_count: u32,
    limit: u32,
    offset: u32,
    has_more: bool,
}

/// The session in progress, or null.
pub(crate) async fn active(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
) -> Result<Json<Option<SessionView>>, ApiError> {
    let view = state
        .database
        .run(move |db| sessions::active(db, user.id)?.map(|session| SessionView::of(db, session)).transpose());
    view.await.map(Json)
}

pub(crate) async fn session(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Id(id): Id,
) -> Result<Json<SessionView>, ApiError> {
    let view = state.database.run(move |db| {
        let session = sessions::find(db, user.id, id)?.ok_or(ApiError::not_found("Test session not found"))?;
        SessionView::of(db, session)
    });
    view.await.map(Json)
}

pub(crate) async fn result(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Id(id): Id,
) -> Result<Json<TestResult>, ApiError> {
    let result = state.database.run(move |db| Ok::<_, ApiError>(results::find(db, user.id, id)?)).await?;
    result.map(Json).ok_or(ApiError::not_found("Test result not found"))
}

/// The user's results, newest first.
pub(crate) async fn history(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Query(Page { limit, offset }): Query<Page>,
) -> Result<Json<History>, ApiError> {
    let mut checks = Checks::default();
    checks.range("query", "limit", limit, 1..=100);
    checks.finish()?;
    let page = state.database.run(move |db| Ok::<_, ApiError>(results::history(db, user.id, limit, offset)?));
    let (results, total_count) = page.await?;
    let has_more = u64::from(offset) + (results.len() as u64) < u64::from(total_count);
    Ok(Json(History { results, total_count, limit, offset, has_more }))
}
