//! What Prometheus scrapes.

use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use picometer_std::export::prometheus::PrometheusExporter;

use crate::{serve::Room, state::AppState};

/// All metrics as Prometheus text, or 503 and a comment that names the switch that is off. It waits for nothing that a
/// request can hold, but for other scrapes of its own connection, and for memory where others take none of their answers.
pub(super) async fn metrics(State(state): State<AppState>, room: Option<Extension<Room>>) -> Response {
    let _turn = match &room {
        Some(Extension(room)) => Some(room.wait().await),
        None => None,
    };
    let content_type = [(header::CONTENT_TYPE, PrometheusExporter::CONTENT_TYPE)];
    match state.telemetry.prometheus() {
        Ok(exporter) => (content_type, exporter.scrape()).into_response(),
        Err(switch) => {
            let comment = match switch {
                "OTEL_SDK_DISABLED" => format!("# metrics are off: {switch} is true\n"),
                _ => format!("# metrics are off: {switch} is not true\n"),
            };
            (StatusCode::SERVICE_UNAVAILABLE, content_type, comment).into_response()
        }
    }
}
