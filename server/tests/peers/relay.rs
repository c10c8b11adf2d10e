//! A receiver between the server and the real one, which notes the metadata of each request and hands it on.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_client::MetricsServiceClient,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use tokio::runtime::Runtime;
use tonic::{
    Request, Response, Status,
    metadata::KeyAndValueRef,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};

/// The ASCII metadata of a request.
pub(crate) type Metadata = BTreeMap<String, String>;

pub(crate) struct Relay {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Metadata>>>,
    _runtime: Runtime,
}

impl Relay {
    pub(crate) fn to(receiver: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let seen = Arc::<Mutex<Vec<Metadata>>>::default();
        let inside = runtime.enter();
        let next = MetricsServiceClient::new(Endpoint::from_shared(receiver.to_owned()).unwrap().connect_lazy());
        let incoming = TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = incoming.local_addr().unwrap();
        let service = MetricsServiceServer::new(Hop { seen: Arc::clone(&seen), next });
        runtime.spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
        drop(inside);
        Self { address, seen, _runtime: runtime }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The metadata of each request so far.
    pub(crate) fn seen(&self) -> Vec<Metadata> {
        self.seen.lock().unwrap().clone()
    }
}

struct Hop {
    seen: Arc<Mutex<Vec<Metadata>>>,
    next: MetricsServiceClient<Channel>,
}

#[tonic::async_trait]
impl MetricsService for Hop {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let entry = |entry: KeyAndValueRef<'_>| match entry {
            KeyAndValueRef::Ascii(key, value) => Some((key.to_string(), value.to_str().unwrap().to_owned())),
            KeyAndValueRef::Binary(..) => None,
        };
        let metadata = request.metadata().iter().filter_map(entry).collect();
        self.seen.lock().unwrap().push(metadata);
        self.next.clone().export(request.into_inner()).await
    }
}
