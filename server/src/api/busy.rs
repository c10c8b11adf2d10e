//! Refuses requests at once while the service has enough to do, but for those of operators, which take no body and are
//! quick.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::error::ApiError;
use crate::{
    metrics::{Refused, record_request_refused},
    serve::Reserved,
};

/// As many requests may be in progress as there are permits.
pub(super) async fn refuse_when_busy(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    if request.extensions().get::<Reserved>().is_some() {
        return refuse(Refused::Reserve);
    }
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => refuse(Refused::Busy),
    }
}

fn refuse(reason: Refused) -> Response {
    record_request_refused(reason);
    ApiError::Busy("The service is busy; try again").into_response()
}
