//! The service on a thread of this process.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use aiq_backend::{
    AppState, Limits,
    config::{Networks, Seconds, Settings},
    database::Hooks,
    router, serve,
};
use futures_util::FutureExt;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot, task::JoinHandle};

use crate::client::Client;

pub(crate) const JWT_SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const SERVICE_KEY: &str = "open sesame";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    directory: TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
    runtime: Runtime,
}

/// Settings for a test: a port of the system's choice, and hashes that cost nothing.
pub(crate) fn settings(directory: &TempDir) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        api_v1_prefix: "/v1".parse().unwrap(),
        database_url: format!("sqlite://{}", directory.path().join("aiq.db").display()).parse().unwrap(),
        database_pool_size: 4,
        database_timeout_seconds: Seconds(Duration::from_secs(30)),
        jwt_secret_key: Some(JWT_SECRET.parse().unwrap()),
        service_key: Some(SERVICE_KEY.parse().unwrap()),
        password_hash_memory_kib: 8,
        max_connections: 64,
        max_connections_per_address: 64,
        trusted_proxies: Networks::default(),
        max_requests: 64,
        request_body_limit: 64 * 1024,
        request_header_timeout_seconds: Seconds(Duration::from_secs(30)),
        idle_timeout_seconds: Seconds(Duration::from_secs(30)),
        request_timeout_seconds: Seconds(Duration::from_secs(30)),
        shutdown_grace_seconds: Seconds(Duration::from_secs(30)),
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = settings(&directory);
        change(&mut settings);
        let runtime = Runtime::new().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (address, served) = runtime.block_on(async {
            let state = AppState::open(&settings, Hooks::default(), crate::unmeasured::telemetry()).await.unwrap();
            let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let shutdown = stopped.map(drop).shared();
            let (stopped, grace) = (shutdown.clone(), settings.shutdown_grace_seconds.0);
            let give_up = stopped.then(move |()| tokio::time::sleep(grace));
            let served = tokio::spawn(serve(listener, router(state), Limits::from(&settings), shutdown, give_up));
            (address, served)
        });
        Self { address, directory, stop: Some(stop), served: Some(served), runtime }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn user(&self) -> Client {
        Client::registered(self.address)
    }

    /// Another connection to the server's database.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database_path()).unwrap()
    }

    pub(crate) fn database_path(&self) -> PathBuf {
        self.directory.path().join("aiq.db")
    }

    /// Asks the server to stop, and does not wait for it.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until `serve` has returned.
    pub(crate) fn join(&mut self) {
        let served = self.served.take().unwrap();
        self.runtime.block_on(served).unwrap();
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}
