//! A hyper server on a port of the system's choice, and clients that read as little as they like.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use picometer_std::instrument::http::HttpMetricsLayer;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::Service;

use crate::counted::{Counts, counted, is_counted};

/// No test waits longer than this for something that does happen.
const HANG: Duration = Duration::from_secs(30);

/// The layer, as one adds it to a router of axum.
pub(crate) fn metrics() -> HttpMetricsLayer {
    HttpMetricsLayer::new(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str))
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) runtime: Runtime,
}

impl Server {
    /// Serves HTTP/1 and HTTP/2.
    pub(crate) fn start<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Box<dyn Error + Send + Sync>>>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(async move {
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, runtime }
    }

    /// Sends a request and reads the answer to its end. `None` where there is no answer.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Option<u16> {
        let mut stream = self.send(method, path);
        let mut answer = Vec::new();
        // A connection that the server breaks off ends with an error, behind what was sent.
        let _ = stream.read_to_end(&mut answer);
        status(&answer)
    }

    /// Sends a request, reads until `last` has come, and hangs up. It is waited for that the server counts a request
    /// of this path.
    pub(crate) fn leave_after(&self, path: &str, last: &str) {
        let mut stream = self.send("GET", path);
        let mut answer: Vec<u8> = Vec::new();
        while !answer.windows(last.len()).any(|window| window == last.as_bytes()) {
            let mut bytes = [0; 1024];
            let count = stream.read(&mut bytes).unwrap();
            assert_ne!(count, 0, "the answer ends without {last}");
            answer.extend(&bytes[..count]);
        }
        drop(stream);
        wait_for_a_count(path);
    }

    pub(crate) fn send(&self, method: &str, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").unwrap();
        stream
    }

    /// Stops the server, so that nothing is counted any more, and tells what was counted of such routes.
    #[track_caller]
    pub(crate) fn counted(self, route: &str) -> Counts {
        drop(self.runtime);
        counted(route)
    }
}

/// Waits until a request of this route has been counted.
pub(crate) fn wait_for_a_count(route: &str) {
    wait_until(&format!("{route} is counted"), || is_counted(route));
}

/// Waits until something that has to happen has happened.
pub(crate) fn wait_until(what: &str, has_happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !has_happened() {
        assert!(start.elapsed() < HANG, "{what}: not yet");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The status code that an answer of HTTP/1 begins with.
fn status(answer: &[u8]) -> Option<u16> {
    let code = answer.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    Some(str::from_utf8(code).unwrap().parse().unwrap())
}
