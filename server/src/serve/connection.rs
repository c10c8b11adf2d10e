//! One connection, from its first byte to its end.

use std::{convert::Infallible, future::pending, pin::pin, sync::Arc};

use axum::{Router, response::Response};
use hyper::{
    Request,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    entry::{Connection, Held, Place, Room},
    held::{Arriving, Pieces},
    protocol,
};
use crate::metrics::{Closed, record_connection_closed};

/// In the extensions of a request that came over a connection of the reserve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserved;

/// Serves the connection until it ends by itself, has to end, or everything stops.
pub(super) async fn drive(stream: TcpStream, entry: Arc<Connection>, router: Router, stopping: CancellationToken) {
    let _place = Place(Arc::clone(&entry));
    // Answers are small and complete: waiting to fill a segment only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    // hyper bounds how long it waits for a client to send, and not for one to read.
    let header_timeout = entry.limits().header_timeout;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(header_timeout));
    let stream = TokioIo::new(Box::pin(stream));

    let service = {
        let entry = Arc::clone(&entry);
        // What a request takes is counted at once, before its turn comes to be looked at.
        service_fn(move |request: Request<Incoming>| answer(entry.begin(&request), router.clone(), request))
    };
    let builder = protocol::builder(header_timeout);
    let mut connection = pin!(builder.serve_connection(stream, service));

    let is_idle = tokio::select! {
        outcome = connection.as_mut() => return tell(outcome),
        () = entry.must_end() => return,
        reason = entry.overdue() => match reason {
            // Counted when it came.
            Closed::Reserve => return,
            Closed::Idle => {
                record_connection_closed(reason);
                true
            }
            _ => return record_connection_closed(reason),
        },
        () = stopping.cancelled() => false,
    };
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        outcome = connection => tell(outcome),
        () = entry.must_end() => {}
        () = async { if is_idle { tokio::time::sleep(header_timeout).await } else { pending().await } } => {}
    }
}

fn tell(outcome: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    let Err(error) = outcome else { return };
    tracing::debug!(error, "a connection ended early");
    if let Some(reason) = protocol::reason(error.as_ref()) {
        record_connection_closed(reason);
    }
}

async fn answer(held: Arc<Held>, router: Router, request: Request<Incoming>) -> Result<Response<Pieces>, Infallible> {
    let is_reserved = held.is_reserved();
    let mut request = request.map(|body| Arriving::new(body, Arc::clone(&held)));
    request.extensions_mut().insert(Room(Arc::clone(&held)));
    if is_reserved {
        request.extensions_mut().insert(Reserved);
    }
    let mut response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if is_reserved {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Pieces::new(body, held)))
}
