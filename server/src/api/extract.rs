//! What handlers take from a request. Each answers in the service's own form when the request lacks it.

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::PathRejection},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{body, error::ApiError, issue::Issue};
use crate::{
    auth::token::TokenType,
    state::AppState,
    store::users::{self, User},
};

const NO_TOKEN: &str = "Not authenticated";
const BAD_TOKEN: &str = "Could not validate credentials";

/// The owner of the access token that came with the request.
pub(crate) struct Authenticated(pub(crate) User);

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ApiError::unauthorized(NO_TOKEN))?;
        token_owner(state, token, TokenType::Access).await.map(Self)
    }
}

/// The account that a valid token of this type belongs to.
pub(crate) async fn token_owner(state: &AppState, token: &str, token_type: TokenType) -> Result<User, ApiError> {
    let claims = state.tokens.verify(token, token_type).ok_or(ApiError::unauthorized(BAD_TOKEN))?;
    state
        .database
        .run(move |db| Ok::<_, ApiError>(users::find(db, claims.sub)?))
        .await?
        .filter(|user| user.token_generation == claims.generation)
        .ok_or(ApiError::unauthorized(BAD_TOKEN))
}

/// The token in `Authorization: Bearer <token>`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Proof that the request came with the service key.
pub(crate) struct Administrator;

impl FromRequestParts<AppState> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let key = state
            .service_key
            .as_ref()
            .ok_or(ApiError::unavailable("Administration is off: the service was started without SERVICE_KEY"))?;
        let given = parts.headers.get("x-service-key").ok_or(ApiError::unauthorized("X-Service-Key is missing"))?;
        if key.matches(given.as_bytes()) { Ok(Self) } else { Err(ApiError::unauthorized("X-Service-Key is wrong")) }
    }
}

/// The id in the path.
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => {
                Err(ApiError::Invalid(vec![Issue::new(["path", "id"], "must be a whole number", "int_parsing")]))
            }
            Err(rejection) => Err(ApiError::Refused(rejection.status(), rejection.body_text().into())),
        }
    }
}

/// The query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map(Self).map_err(|error| {
            ApiError::Invalid(vec![Issue::from_serde("query", error.path(), &error.inner().to_string())])
        })
    }
}

/// The JSON document in the body, whatever Content-Type says: nothing else is understood here.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        parse(&body::read(request, state.settings()).await?).map(Self)
    }
}

/// Like [`Body`], and the default when there is no body.
pub(crate) struct BodyOrDefault<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest<AppState> for BodyOrDefault<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let bytes = body::read(request, state.settings()).await?;
        if bytes.is_empty() { Ok(Self(T::default())) } else { parse(&bytes).map(Self) }
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would take an array for an object, its items in the order of the fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::Invalid(vec![Issue::new(["body"], "must be a JSON object", "dict_type")]));
    }
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let not_json = |error: &serde_json::Error| {
        ApiError::Invalid(vec![Issue::new(["body"], format!("not valid JSON: {error}"), "json_invalid")])
    };
    let value = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        if error.inner().is_data() {
            ApiError::Invalid(vec![Issue::from_serde("body", error.path(), &error.inner().to_string())])
        } else {
            not_json(error.inner())
        }
    })?;
    document.end().map_err(|error| not_json(&error))?;
    Ok(value)
}
