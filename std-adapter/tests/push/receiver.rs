//! OTLP/gRPC receivers that answer as they are told.

use std::{
    collections::VecDeque,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Instant,
};

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use prost::Message;
use tokio::{net::TcpSocket, sync::oneshot};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, async_trait, metadata::MetadataMap};

/// The most bytes of a message that gRPC libraries take unless they are told otherwise, the Collector's too.
const USUAL_LIMIT: usize = 4 * 1024 * 1024;

pub(crate) enum Answer {
    Partial(i64, &'static str),
    Status(Status),
    /// None, ever.
    Silence,
}

pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) metadata: MetadataMap,
    pub(crate) at: Instant,
    pub(crate) accepted: bool,
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

#[async_trait]
impl MetricsService for Script {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let answer = self.answers.lock().unwrap().pop_front();
        self.received.lock().unwrap().push(Received {
            metadata: request.metadata().clone(),
            bytes: request.into_inner().encode_to_vec(),
            at: Instant::now(),
            accepted: matches!(answer, None | Some(Answer::Partial(..))),
        });
        let mut response = ExportMetricsServiceResponse::default();
        match answer {
            None => {}
            Some(Answer::Partial(rejected, message)) => {
                response.partial_success =
                    Some(ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message: message.into() });
            }
            Some(Answer::Status(status)) => return Err(status),
            Some(Answer::Silence) => std::future::pending().await,
        }
        Ok(Response::new(response))
    }
}

/// An address where nothing listens yet, and that nobody else gets.
pub(crate) struct Reserved {
    socket: TcpSocket,
    pub(crate) address: SocketAddr,
}

impl Reserved {
    pub(crate) fn new() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    /// Also the address of a receiver that is gone.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A receiver with a thread and a runtime of its own. It answers OK once its script is over.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    script: Script,
    end: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

impl Receiver {
    pub(crate) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_at(Reserved::new(), answers)
    }

    pub(crate) fn start_at(reserved: Reserved, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(reserved.address, move || reserved.socket.listen(16).unwrap(), answers)
    }

    /// Takes the connections from now on.
    pub(crate) fn start_on(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        Self::start_with(address, move || listener.try_into().unwrap(), [])
    }

    fn start_with(
        address: SocketAddr,
        listener: impl FnOnce() -> tokio::net::TcpListener + Send + 'static,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Self {
        let script = Script::default();
        script.answers.lock().unwrap().extend(answers);
        let (end, ended) = oneshot::channel::<()>();
        let (listening, listens) = mpsc::channel();
        let service = MetricsServiceServer::new(script.clone()).max_decoding_message_size(USUAL_LIMIT);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = listener();
                listening.send(()).unwrap();
                let serve = tonic::transport::Server::builder()
                    .add_service(service)
                    .serve_with_incoming(TcpListenerStream::new(listener));
                tokio::select! {
                    result = serve => result.unwrap(),
                    _ = ended => {}
                }
            });
        });
        listens.recv().unwrap();
        Self { address, script, end: Some((end, thread)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn count(&self) -> usize {
        self.script.received.lock().unwrap().len()
    }

    /// Empties the list.
    pub(crate) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.script.received.lock().unwrap())
    }
}

/// Closes its connections and its port before it returns.
impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.end.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}

/// Takes connections and never says a word.
pub(crate) struct Mute {
    listener: TcpListener,
}

impl Mute {
    pub(crate) fn start() -> Self {
        // The system accepts on behalf of a listener.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { listener }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }
}
