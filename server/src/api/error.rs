//! What is answered when something is wrong: always JSON with a `detail`.

use std::{borrow::Cow, error::Error as StdError, sync::Arc};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::issue::Issue;
use crate::{
    auth::{key_file::hex, password, token},
    database::{self, Unusable},
    metrics::ErrorType,
};

/// A full queue of passwords is empty after about so long on two processors.
const RETRY_AFTER_SECONDS: u16 = 2;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The client can do something about it.
    Refused(StatusCode, Cow<'static, str>),
    /// The request does not have the right form.
    Invalid(Vec<Issue>),
    /// Too many others are waiting. This is a refusal and no failure; the client may come back.
    Busy(&'static str),
    /// The service failed.
    Failed(ErrorType, Arc<dyn StdError + Send + Sync>),
}

impl ApiError {
    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(StatusCode::BAD_REQUEST, detail.into())
    }

    pub(crate) fn unauthorized(detail: &'static str) -> Self {
        Self::Refused(StatusCode::UNAUTHORIZED, detail.into())
    }

    pub(crate) fn not_found(detail: &'static str) -> Self {
        Self::Refused(StatusCode::NOT_FOUND, detail.into())
    }

    pub(crate) fn conflict(detail: &'static str) -> Self {
        Self::Refused(StatusCode::CONFLICT, detail.into())
    }

    pub(crate) fn unavailable(detail: &'static str) -> Self {
        Self::Refused(StatusCode::SERVICE_UNAVAILABLE, detail.into())
    }

    pub(crate) fn failed(error_type: ErrorType, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Failed(error_type, source.into().into())
    }
}

/// Travels with the response to where the route is known, to be logged and counted there.
#[derive(Clone)]
pub(crate) struct Failure {
    pub(crate) error_type: ErrorType,
    pub(crate) error_id: String,
    pub(crate) source: Arc<dyn StdError + Send + Sync>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(status, detail) => {
                let mut response = (status, Json(json!({ "detail": detail }))).into_response();
                if status == StatusCode::UNAUTHORIZED {
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                }
                if status == StatusCode::REQUEST_TIMEOUT {
                    // The rest of the body may come, and is not the next request.
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                response
            }
            Self::Invalid(issues) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "detail": issues }))).into_response()
            }
            Self::Busy(detail) => {
                let mut response = Self::unavailable(detail).into_response();
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
                response
            }
            Self::Failed(error_type, source) => {
                let error_id = error_id();
                let (status, detail) = match error_type {
                    ErrorType::DatabaseTimeout => (StatusCode::SERVICE_UNAVAILABLE, "The database is busy; try again"),
                    ErrorType::DatabaseUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "The database is unavailable"),
                    ErrorType::RequestTimeout => (StatusCode::SERVICE_UNAVAILABLE, "The request took too long"),
                    _ => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
                };
                let body = Json(json!({ "detail": detail, "error_id": error_id }));
                let mut response = (status, body).into_response();
                response.extensions_mut().insert(Failure { error_type, error_id, source });
                response
            }
        }
    }
}

impl From<database::Error> for ApiError {
    fn from(error: database::Error) -> Self {
        let error_type = match &error {
            // Another process may have held the write lock for all of the busy timeout.
            database::Error::Timeout | database::Error::Unusable { why: Unusable::Locked, .. } => {
                ErrorType::DatabaseTimeout
            }
            database::Error::Unusable { .. } => ErrorType::DatabaseUnavailable,
            database::Error::Ended(error) if error.is_panic() => ErrorType::Panic,
            _ => ErrorType::Database,
        };
        Self::failed(error_type, error)
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        database::Error::from(error).into()
    }
}

impl From<password::Error> for ApiError {
    fn from(error: password::Error) -> Self {
        match error {
            password::Error::Busy => Self::Busy("Too many others are logging in or registering; try again"),
            _ => Self::failed(ErrorType::PasswordHash, error),
        }
    }
}

impl From<getrandom::Error> for ApiError {
    fn from(error: getrandom::Error) -> Self {
        Self::failed(ErrorType::Random, error)
    }
}

impl From<token::Error> for ApiError {
    fn from(error: token::Error) -> Self {
        Self::failed(ErrorType::Token, error)
    }
}

pub(super) async fn not_found() -> ApiError {
    ApiError::not_found("Not Found")
}

pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::Refused(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed".into())
}

/// Under which a failure is found in the log.
fn error_id() -> String {
    let mut id = [0; 8];
    // Without random numbers the id is all zeros: the answer matters more than its uniqueness.
    let _ = getrandom::fill(&mut id);
    hex(&id)
}
