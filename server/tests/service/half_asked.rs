//! A request that goes on for as long as a test wants.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::client::registration;

/// A registration of which the headers are sent and the body is not, at the moment the service waits for the body.
pub(crate) struct HalfAsked {
    pub(crate) stream: TcpStream,
    body: String,
}

impl HalfAsked {
    pub(crate) fn send(address: SocketAddr) -> Self {
        let body = registration("ada@example.com").to_string();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST /v1/auth/register HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body; the status line that answers it.
    pub(crate) fn status(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        let mut status = [0; 12];
        self.stream.read_exact(&mut status).unwrap();
        String::from_utf8_lossy(&status).into_owned()
    }

    pub(crate) fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        self.answer()
    }

    /// All that comes until the connection is closed.
    pub(crate) fn answer(&mut self) -> String {
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Returns when the server accepts no more.
pub(crate) fn wait_until_refused(address: SocketAddr) {
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
}
