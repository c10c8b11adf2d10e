//! Stands around every handler: bounds its time, catches its panics, and logs and counts its failures.

use std::{any::Any, panic::AssertUnwindSafe};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;

use super::error::{ApiError, Failure};
use crate::{
    causes::WithCauses,
    metrics::{ErrorType, record_error},
    state::AppState,
};

pub(super) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let limit = state.settings().request_timeout_seconds.0;
    // What a panic may leave half done is behind `Database`, which rolls it back.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = match tokio::time::timeout(limit, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => ApiError::failed(ErrorType::Panic, panic_message(panic.as_ref())).into_response(),
        Err(elapsed) => ApiError::failed(ErrorType::RequestTimeout, elapsed).into_response(),
    };
    if let Some(Failure { error_type, error_id, source }) = response.extensions().get() {
        let route = route.as_ref().map(MatchedPath::as_str);
        tracing::error!(error_id, error_type = error_type.as_str(), route, error = %WithCauses(source.as_ref()), "a request failed");
        record_error(*error_type, route);
    }
    response
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words").to_owned()
}
