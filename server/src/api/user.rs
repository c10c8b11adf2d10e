//! The user's own account.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;

use super::{
    error::ApiError,
    extract::{Authenticated, Body},
    fields::given,
    issue::Checks,
};
use crate::{
    metrics,
    state::AppState,
    store::{
        responses, sessions,
        users::{self, User},
    },
};

#[derive(Deserialize)]
pub(super) struct Names {
    #[serde(default, deserialize_with = "given")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    last_name: Option<String>,
}

pub(super) async fn profile(Authenticated(user): Authenticated) -> Json<User> {
    Json(user)
}

/// Changes the names given, and leaves the others.
pub(super) async fn update(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Body(names): Body<Names>,
) -> Result<Json<User>, ApiError> {
    let mut checks = Checks::default();
    for (field, name) in [("first_name", &names.first_name), ("last_name", &names.last_name)] {
        if let Some(name) = name {
            checks.name(field, name);
        }
    }
    checks.finish()?;
    let [first_name, last_name] =
        [names.first_name, names.last_name].map(|name| name.map(|name| name.trim().to_owned()));
    let renamed = state
        .database
        .write(
            move |db| Ok::<_, ApiError>(users::rename(db, user.id, first_name.as_deref(), last_name.as_deref())?),
            |_| (),
        )
        .await?;
    renamed.map(Json).ok_or(ApiError::not_found("User not found"))
}

/// Deletes the account and everything it owns; a test in progress counts as abandoned.
pub(super) async fn delete(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
) -> Result<StatusCode, ApiError> {
    state
        .database
        .write(
            move |db| {
                let abandoned = sessions::active(db, user.id)?
                    .map(|session| Ok::<_, ApiError>((session.adaptive, responses::count(db, session.id)?)))
                    .transpose()?;
                users::delete(db, user.id)?;
                Ok::<_, ApiError>(abandoned)
            },
            |abandoned| {
                if let Some((adaptive, questions_answered)) = *abandoned {
                    metrics::record_test_abandoned(adaptive, questions_answered);
                }
            },
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
