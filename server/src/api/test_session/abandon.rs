//! `/test/{id}/abandon`

use axum::{Json, extract::State};
use serde::Serialize;

use super::in_progress;
use crate::{
    api::{
        error::ApiError,
        extract::{Authenticated, Id},
    },
    metrics,
    state::AppState,
    store::{
        responses,
        sessions::{self, Session, Status},
    },
};

#[derive(Serialize)]
pub(crate) struct Abandoned {
    session: Session,
    message: &'static str,
    responses_saved: u32,
}

/// Ends the session without a result. What was answered stays.
pub(crate) async fn abandon(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Id(id): Id,
) -> Result<Json<Abandoned>, ApiError> {
    let abandoned = state
        .database
        .write(
            move |db| {
                let session = in_progress(db, user.id, id)?;
                Ok::<_, ApiError>(Abandoned {
                    responses_saved: responses::count(db, session.id)?,
                    session: sessions::end(db, session.id, Status::Abandoned, false)?,
                    message: "Test abandoned",
                })
            },
            |abandoned| metrics::record_test_abandoned(abandoned.session.adaptive, abandoned.responses_saved),
        )
        .await?;
    Ok(Json(abandoned))
}
