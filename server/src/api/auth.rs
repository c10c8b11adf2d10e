//! Accounts are made and opened here.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Authenticated, Body, BodyOrDefault, bearer, token_owner},
    fields::given,
    issue::{Checks, Issue},
};
use crate::{
    auth::token::{self, Claims, TokenType, Tokens},
    metrics,
    state::AppState,
    store::{
        is_duplicate,
        users::{self, User},
    },
};

const TAKEN: &str = "Email already registered";
const WRONG: &str = "Incorrect email or password";

#[derive(Deserialize)]
pub(super) struct Registration {
    email: String,
    password: String,
    first_name: String,
    last_name: String,
}

#[derive(Deserialize)]
pub(super) struct Login {
    email: String,
    password: String,
}

#[derive(Deserialize, Default)]
pub(super) struct Refresh {
    #[serde(default, deserialize_with = "given")]
    refresh_token: Option<String>,
}

/// Tokens, and whose they are.
#[derive(Serialize)]
pub(super) struct Credentials {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    user: User,
}

impl Credentials {
    fn issue(tokens: &Tokens, user: User) -> Result<Self, token::Error> {
        let sign = |token_type| tokens.sign(&Claims::new(user.id, user.token_generation, token_type));
        Ok(Self {
            access_token: sign(TokenType::Access)?,
            refresh_token: sign(TokenType::Refresh)?,
            token_type: "bearer",
            user,
        })
    }
}

pub(super) async fn register(
    State(state): State<AppState>,
    Body(registration): Body<Registration>,
) -> Result<(StatusCode, Json<Credentials>), ApiError> {
    let Registration { email, password, first_name, last_name } = checked(registration)?;
    // Asked twice: here to spare the hash, and by the UNIQUE rule to be certain.
    let wanted = email.clone();
    if state.database.run(move |db| Ok::<_, ApiError>(users::email_is_taken(db, &wanted)?)).await? {
        return Err(ApiError::conflict(TAKEN));
    }
    let hash = state.passwords.hash(password).await?;
    let tokens = state.tokens.clone();
    let credentials = state
        .database
        .write(
            move |db| {
                let user = users::insert(db, &email, &hash, &first_name, &last_name)
                    .map_err(|error| if is_duplicate(&error) { ApiError::conflict(TAKEN) } else { error.into() })?;
                Ok::<_, ApiError>(Credentials::issue(&tokens, user)?)
            },
            |_| metrics::record_user_registration(),
        )
        .await?;
    Ok((StatusCode::CREATED, Json(credentials)))
}

pub(super) async fn login(
    State(state): State<AppState>,
    Body(Login { email, password }): Body<Login>,
) -> Result<Json<Credentials>, ApiError> {
    let email = normalised(&email);
    let account = state.database.run(move |db| Ok::<_, ApiError>(users::credentials(db, &email)?)).await?;
    let (id, hash) = account.unzip();
    let verified = state.passwords.verify(password, hash).await?;
    let Some(id) = id.filter(|_| verified) else {
        metrics::record_login(false);
        return Err(ApiError::unauthorized(WRONG));
    };
    let tokens = state.tokens.clone();
    let credentials = state
        .database
        .write(
            move |db| {
                let user = users::note_login(db, id)?.ok_or(ApiError::unauthorized(WRONG))?;
                Ok::<_, ApiError>(Credentials::issue(&tokens, user)?)
            },
            |_| metrics::record_login(true),
        )
        .await?;
    Ok(Json(credentials))
}

/// The refresh token comes in the body, or as the bearer token.
pub(super) async fn refresh(
    State(state): State<AppState>,
    headers: HeaderMap,
    BodyOrDefault(Refresh { refresh_token }): BodyOrDefault<Refresh>,
) -> Result<Json<Credentials>, ApiError> {
    let token =
        refresh_token.as_deref().or_else(|| bearer(&headers)).ok_or(ApiError::unauthorized("Not authenticated"))?;
    let user = token_owner(&state, token, TokenType::Refresh).await?;
    Ok(Json(Credentials::issue(&state.tokens, user)?))
}

/// Logs the user out everywhere: no token issued so far is accepted any more.
pub(super) async fn logout(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
) -> Result<StatusCode, ApiError> {
    state.database.write(move |db| Ok::<_, ApiError>(users::revoke_tokens(db, user.id)?), |()| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(registration: Registration) -> Result<Registration, ApiError> {
    let mut checks = Checks::default();
    let email = normalised(&registration.email);
    let form = Options::default().with_required_tld().without_display_text().without_domain_literal();
    if let Err(error) = EmailAddress::parse_with_options(&email, form) {
        let msg = format!("not a valid email address: {error}");
        checks.add(Issue::new(["body", "email"], msg, "value_error"));
    }
    checks.length("password", &registration.password, 8..=128);
    checks.name("first_name", &registration.first_name);
    checks.name("last_name", &registration.last_name);
    checks.finish()?;
    Ok(Registration {
        email,
        first_name: registration.first_name.trim().to_owned(),
        last_name: registration.last_name.trim().to_owned(),
        ..registration
    })
}

/// Addresses are compared without regard to case, as every provider of note does.
fn normalised(email: &str) -> String {
    email.trim().to_lowercase()
}
