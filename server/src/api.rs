//! Which endpoint does what.

use std::sync::Arc;

use axum::{
    Router,
    http::header::ALLOW,
    middleware,
    routing::{MethodRouter, delete, get, post},
};
use tokio::sync::Semaphore;

use crate::{state::AppState, telemetry};

mod admin;
mod auth;
mod body;
mod busy;
mod error;
mod extract;
mod fields;
mod guard;
mod health;
mod issue;
mod metrics;
mod openapi;
mod questions;
mod test_session;
mod user;

/// The whole service. A layer put around it sees every request, and [`MatchedPath`](axum::extract::MatchedPath) of
/// those that matched a route.
pub fn router(state: AppState) -> Router {
    let prefix = state.settings().api_v1_prefix.as_str();
    let places = Arc::new(Semaphore::new(state.settings().max_requests as usize));
    let for_operators = Router::new()
        .route("/health", get(health::health))
        .route("/ping", get(health::ping))
        .route("/metrics", get(metrics::metrics));
    let endpoints = Router::new()
        .route("/openapi.json", openapi::endpoint(prefix))
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/logout", post(auth::logout))
        .route("/user/profile", get(user::profile).put(user::update))
        .route("/user/delete-account", delete(user::delete))
        .route("/questions/unseen", get(questions::unseen))
        .route("/test/start", start())
        .route("/test/next", post(test_session::next::next))
        .route("/test/submit", post(test_session::submit::submit))
        .route("/test/active", get(test_session::read::active))
        .route("/test/history", get(test_session::read::history))
        .route("/test/session/{id}", get(test_session::read::session))
        .route("/test/results/{id}", get(test_session::read::result))
        .route("/test/{id}/abandon", post(test_session::abandon::abandon))
        .route("/admin/generation-runs", post(admin::generate))
        .layer(middleware::from_fn_with_state(places, busy::refuse_when_busy))
        .merge(for_operators);

    let router = if prefix.is_empty() { endpoints } else { Router::new().nest(prefix, endpoints) };
    let is_measured = state.telemetry.is_on();
    let router = router
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state);
    if is_measured { telemetry::measure_requests(router) } else { router }
}

/// GET begins a test too: that is how the description of the service spells it. HEAD, which would throw the answer away,
/// does not. So `Allow` is set here: the router would name HEAD wherever there is GET.
fn start() -> MethodRouter<AppState> {
    let others = || async { ([(ALLOW, "GET,POST")], error::method_not_allowed().await) };
    post(test_session::start::start).get(test_session::start::start).head(others).fallback(others)
}
