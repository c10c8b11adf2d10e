//! Is the service there?

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::error::{ApiError, Failure};
use crate::{state::AppState, store::Time};

/// 200 when the database answers, 503 when it does not.
pub(super) async fn health(State(state): State<AppState>) -> Response {
    let answered = state.database.run(|db| Ok::<_, ApiError>(db.query_row("SELECT 1", [], |_| Ok(()))?)).await;
    let (code, status, database) = match answered {
        Ok(()) => (StatusCode::OK, "healthy", "connected"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "unavailable"),
    };
    let failure = answered.err().and_then(|error| error.into_response().extensions_mut().remove::<Failure>());
    let report = json!({
        "status": status,
        "timestamp": Time::now(),
        "service": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "database": database,
    });
    let mut response = (code, Json(report)).into_response();
    if let Some(failure) = failure {
        // To be logged and counted like that of any other request.
        response.extensions_mut().insert(failure);
    }
    response
}

pub(super) async fn ping() -> Json<Value> {
    Json(json!({ "message": "pong" }))
}
