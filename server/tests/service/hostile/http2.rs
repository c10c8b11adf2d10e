//! HTTP/2 connections that acknowledge pings and do little else.

use std::net::{Ipv4Addr, SocketAddr};

use h2::client::{Builder, ResponseFuture, SendRequest};
use hyper::{Request, body::Bytes};
use tokio::{net::TcpSocket, task::JoinHandle};

pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    address: SocketAddr,
    /// Reads, and acknowledges what is to be acknowledged. Ends with the connection.
    pub(super) driver: JoinHandle<()>,
}

impl Connection {
    /// Connects from this address of the loopback network. Each answer may have this many bytes until it is read.
    pub(super) async fn open(from: Ipv4Addr, address: SocketAddr, window: u32) -> Option<Self> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind((from, 0).into()).ok()?;
        let stream = socket.connect(address).await.ok()?;
        let (sender, connection) = Builder::new().initial_window_size(window).handshake(stream).await.ok()?;
        let driver = tokio::spawn(async {
            let _ = connection.await;
        });
        Some(Self { sender, address, driver })
    }

    /// Asks, and keeps what may come of it unread.
    pub(super) async fn get(&mut self, path: &str) -> Option<ResponseFuture> {
        self.get_with(path, 0).await
    }

    /// Asks with a header of this length, and keeps what may come of it unread.
    pub(super) async fn get_with(&mut self, path: &str, header: usize) -> Option<ResponseFuture> {
        let request = Request::get(format!("http://{}/v1/{path}", self.address)).header("x", "a".repeat(header));
        let request = request.body(()).unwrap();
        let mut sender = self.sender.clone().ready().await.ok()?;
        Some(sender.send_request(request, true).ok()?.0)
    }

    /// Sends this much of a body and not its end.
    pub(super) async fn post(
        &mut self,
        path: &str,
        beginning: Bytes,
    ) -> Option<(ResponseFuture, h2::SendStream<Bytes>)> {
        let request = Request::post(format!("http://{}/v1/{path}", self.address)).body(()).unwrap();
        let mut sender = self.sender.clone().ready().await.ok()?;
        let (response, mut body) = sender.send_request(request, false).ok()?;
        body.send_data(beginning, false).ok()?;
        Some((response, body))
    }
}
