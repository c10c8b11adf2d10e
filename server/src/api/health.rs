//! Is the service there?

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::{database::Unusable, state::AppState, store::Time};

/// What readiness says of a database that can be written.
pub(super) const CONNECTED: &str = "connected";

/// Readiness: 200 when the database can be written, 503 and a word that says why when it cannot. The failure is logged
/// and counted where it is found, once and not for each request.
pub(super) async fn health(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let ready = state.database.ready().await;
    let (code, status) = match ready {
        Ok(()) => (StatusCode::OK, "healthy"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let report = json!({
        "status": status,
        "timestamp": Time::now(),
        "service": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "database": ready.err().map_or(CONNECTED, Unusable::as_str),
    });
    (code, Json(report))
}

/// Liveness: whatever the database does.
pub(super) async fn ping() -> Json<Value> {
    Json(json!({ "message": "pong" }))
}
