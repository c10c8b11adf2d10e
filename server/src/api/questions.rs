//! The question bank, as far as the user may see it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Authenticated, Query},
    issue::Checks,
};
use crate::{
    question::random::Random,
    state::AppState,
    store::questions::{self, Question},
};

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default = "Wanted::default_count")]
    count: u32,
}

impl Wanted {
    fn default_count() -> u32 {
        20
    }
}

#[derive(Serialize)]
pub(super) struct Unseen {
    /// How many are in this answer.
    total_count: usize,
    requested_count: u32,
    questions: Vec<Question>,
}

/// Questions the user was never served. Looking at them here does not count as being served.
pub(super) async fn unseen(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Query(Wanted { count }): Query<Wanted>,
) -> Result<Json<Unseen>, ApiError> {
    let mut checks = Checks::default();
    checks.range("query", "count", count, 1..=100);
    checks.finish()?;
    let mut random = Random::unpredictable()?;
    let drawn = state.database.run(move |db| {
        // One state of the database for all of its reads.
        let transaction = db.unchecked_transaction()?;
        Ok::<_, ApiError>(questions::unseen(&transaction, user.id, count, &mut random)?)
    });
    let questions = drawn.await?.questions;
    Ok(Json(Unseen { total_count: questions.len(), requested_count: count, questions }))
}
