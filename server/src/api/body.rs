//! Reads the body of a request within bounds of size and time.

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::StatusCode,
};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{error::ApiError, guard::HandlerTime};
use crate::{
    config::Settings,
    metrics::{Refused, record_request_refused},
};

/// The whole body. 413 when it is too large, 408 when none of it comes for as long as headers may take or all of it has
/// not come within the time for a request, 400 when it breaks off.
pub(super) async fn read(request: Request, settings: &Settings) -> Result<Vec<u8>, ApiError> {
    let handler_time = request.extensions().get::<HandlerTime>().cloned().unwrap_or_default();
    handler_time.begins_anew();
    let read = timeout(settings.request_timeout_seconds.0, collect(request.into_body(), settings)).await;
    handler_time.begins_anew();
    read.unwrap_or_else(|_| Err(too_slow()))
}

/// One buffer takes all of it: a client can send each byte as a part of its own, and parts cost more than they hold.
async fn collect(mut body: Body, settings: &Settings) -> Result<Vec<u8>, ApiError> {
    let limit = settings.request_body_limit;
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        let frame = timeout(settings.request_header_timeout_seconds.0, body.frame()).await.map_err(|_| too_slow())?;
        let Some(frame) = frame else { return Ok(bytes) };
        let frame = frame.map_err(|_| ApiError::bad_request("The request body broke off"))?;
        // Trailers mean nothing here.
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
}

fn too_large() -> ApiError {
    ApiError::Refused(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large".into())
}

fn too_slow() -> ApiError {
    record_request_refused(Refused::BodyTimeout);
    ApiError::Refused(StatusCode::REQUEST_TIMEOUT, "The request body did not come in time".into())
}
