//! Is the service there?

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::{state::AppState, store::Time};

/// 200 when the database answers, 503 when it does not.
pub(super) async fn health(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let answered = state.database.run(|db| Ok::<_, ApiError>(db.query_row("SELECT 1", [], |_| Ok(()))?)).await;
    let (code, status, database) = match answered {
        Ok(()) => (StatusCode::OK, "healthy", "connected"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "unavailable"),
    };
    let report = json!({
        "status": status,
        "timestamp": Time::now(),
        "service": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "database": database,
    });
    (code, Json(report))
}

pub(super) async fn ping() -> Json<Value> {
    Json(json!({ "message": "pong" }))
}
