//! Stands around every handler: bounds its time, catches its panics, and logs and counts its failures.

use std::{any::Any, panic::AssertUnwindSafe, pin::pin, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tokio::sync::Notify;

use super::error::{ApiError, Failure};
use crate::{
    causes::WithCauses,
    metrics::{ErrorType, record_error},
    state::AppState,
};

/// In the extensions of a request: lets the time of its handler begin anew. A client's time to send the body is not the
/// handler's.
#[derive(Clone, Default)]
pub(super) struct HandlerTime(Arc<Notify>);

impl HandlerTime {
    pub(super) fn begins_anew(&self) {
        self.0.notify_one();
    }
}

pub(super) async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let limit = state.settings().request_timeout_seconds.0;
    // What a panic may leave half done is behind `Database`, which rolls it back.
    let time = HandlerTime::default();
    request.extensions_mut().insert(time.clone());
    let mut answer = pin!(AssertUnwindSafe(next.run(request)).catch_unwind());
    let response = loop {
        tokio::select! {
            biased;
            answer = &mut answer => break answer.unwrap_or_else(|panic| {
                ApiError::failed(ErrorType::Panic, panic_message(panic.as_ref())).into_response()
            }),
            () = time.0.notified() => {}
            () = tokio::time::sleep(limit) => {
                break ApiError::failed(ErrorType::RequestTimeout, "the time for a request is over").into_response();
            }
        }
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
