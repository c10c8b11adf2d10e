//! How connections are accepted, limited and drained.

use std::{
    convert::Infallible,
    future::{Future, pending},
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;
use tower::{Service, ServiceExt};

use crate::{
    config::Settings,
    metrics::{ErrorType, record_error},
};

/// Requests that one HTTP/2 connection may have open, so that connections bound requests too.
const STREAMS_PER_CONNECTION: u32 = 128;
/// How often a silent HTTP/2 peer is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// Pause after the system had no file descriptor left: there will be none a moment later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What connections are held to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connections: usize,
    /// From the connection, or the answer before, to the end of a request's headers. Also how long a client may take
    /// in nothing of an answer.
    pub header_timeout: Duration,
}

impl From<&Settings> for Limits {
    fn from(settings: &Settings) -> Self {
        Self {
            connections: settings.max_connections as usize,
            header_timeout: settings.request_header_timeout_seconds.0,
        }
    }
}

/// Serves HTTP/1 and HTTP/2 until `shutdown` completes. Then accepts no more, lets requests in flight finish until
/// `give_up` completes, drops what is left, and returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
    give_up: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, slot) = accept(&listener, &slots) => {
                let watcher = graceful.watcher();
                connections.spawn(connection(stream, slot, router.clone(), limits, watcher));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    tracing::info!(connections = connections.len(), "stopping: requests in flight may finish");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = give_up => tracing::warn!("the grace is over: connections that were not done are dropped"),
    }
    connections.shutdown().await;
}

/// The next connection, once there is room for it. Until then it waits in the listen queue.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    // The semaphore is never closed; were it, nothing would be accepted any more.
    let Ok(slot) = Arc::clone(slots).acquire_owned().await else { return pending().await };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            Err(error) if was_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept a connection");
                record_error(ErrorType::Accept, None);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn was_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    router: Router,
    limits: Limits,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Answers are small and complete: waiting to fill a segment only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    // hyper bounds how long it waits for a client to send, and not for one to read.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.header_timeout));
    let stream = TokioIo::new(Box::pin(stream));
    let asked = Arc::new(AtomicBool::new(false));
    let service = TowerToHyperService::new(noting(router, Arc::clone(&asked)));

    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(limits.header_timeout);

    tokio::select! {
        outcome = watcher.watch(builder.serve_connection(stream, service)) => {
            if let Err(error) = outcome {
                tracing::debug!(error, "a connection ended early");
            }
        }
        () = silence(asked, limits.header_timeout) => tracing::debug!("a connection asked nothing in time"),
    }
}

/// Notes on the first request that there was one.
fn noting(
    router: Router,
    asked: Arc<AtomicBool>,
) -> impl Service<Request<Incoming>, Response = axum::response::Response, Error = Infallible, Future: Send> + Clone {
    ServiceExt::<Request<Incoming>>::map_request(router, move |request| {
        asked.store(true, Ordering::Relaxed);
        request
    })
}

/// Completes when nothing was asked in time. hyper's own limit on headers begins only when it has seen which version
/// of HTTP the client speaks, for which it would wait for ever.
async fn silence(asked: Arc<AtomicBool>, timeout: Duration) {
    tokio::time::sleep(timeout).await;
    if asked.load(Ordering::Relaxed) {
        pending().await
    }
}
