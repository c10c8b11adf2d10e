//! How connections are accepted, limited and drained.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Networks, Settings},
    metrics::{ErrorType, record_connection_limit, record_error},
};

mod connection;
mod entry;
mod held;
mod protocol;
mod table;

pub(crate) use connection::Reserved;
pub(crate) use entry::Room;
pub(crate) use table::RESERVE;
use table::Table;

/// Pause after the system had no file descriptor left: there will be none a moment later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What connections are held to.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Connections at one time from one address, or one /64 network of IPv6.
    pub connections_per_address: usize,
    /// Addresses that may have more.
    pub trusted_proxies: Networks,
    /// From the connection, or the answer before, to the end of a request's headers. Also how long a client may take
    /// in nothing of an answer.
    pub header_timeout: Duration,
    /// How long a connection may be without a request.
    pub idle_timeout: Duration,
}

impl From<&Settings> for Limits {
    fn from(settings: &Settings) -> Self {
        Self {
            connections: settings.max_connections as usize,
            connections_per_address: settings.max_connections_per_address as usize,
            trusted_proxies: settings.trusted_proxies.clone(),
            header_timeout: settings.request_header_timeout_seconds.0,
            idle_timeout: settings.idle_timeout_seconds.0,
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
    record_connection_limit(limits.connections);
    let table = Table::new(limits);
    let stopping = CancellationToken::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, peer) = async { table.settled().await; accept(&listener).await } => {
                let entry = table.admit(peer.ip());
                connections.spawn(connection::drive(stream, entry, router.clone(), stopping.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    tracing::info!(connections = connections.len(), "stopping: requests in flight may finish");
    stopping.cancel();
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = give_up => tracing::warn!("there is no more time for requests: connections that were not done are dropped"),
    }
    connections.shutdown().await;
}

/// The next connection. What it may do is decided afterwards.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
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
