//! Limits, timeouts and the end of connections.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use aiq_backend::config::Seconds;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode, Version, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustix::process::Signal;
use tokio::net::TcpSocket;

use crate::{
    client::PASSWORD,
    half_asked::{HalfAsked, wait_until_refused},
    in_process::Server,
    process::Process,
};

const BRIEF: Seconds = Seconds(Duration::from_millis(100));

#[test]
fn a_request_in_flight_is_finished_before_the_end() {
    let mut server = Server::start();
    let request = HalfAsked::send(server.address);
    // This one asks nothing more, and must not hold up the end.
    let idle = TcpStream::connect(server.address).unwrap();
    server.stop();
    wait_until_refused(server.address);
    let answer = request.finish();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    server.join();
    drop(idle);
    let users: u32 = server.database().query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(users, 1);
}

#[test]
fn the_grace_has_an_end() {
    let mut server = Server::with(|settings| settings.shutdown_grace_seconds = BRIEF);
    let mut request = HalfAsked::send(server.address);
    server.stop();
    server.join();
    assert_eq!(request.answer(), "");
}

#[test]
fn the_process_ends_in_good_order_on_both_signals() {
    for signal in [Signal::TERM, Signal::INT] {
        let directory = tempfile::tempdir().unwrap();
        let process = Process::start(directory.path());
        let request = HalfAsked::send(process.address);
        process.signal(signal);
        wait_until_refused(process.address);
        let answer = request.finish();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert!(process.wait().success());
    }
}

#[test]
fn silent_and_slow_clients_are_hung_up_on() {
    let server = Server::with(|settings| settings.request_header_timeout_seconds = BRIEF);
    // "PRI" could become the preface of HTTP/2, and "P" a POST.
    for beginning in ["", "P", "PRI * HTTP", "GET /v1/ping HTTP/1.1\r\nhost:"] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(beginning.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // Closed with or without words; what matters is that it is.
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{beginning}");
    }
}

/// A connection whose client takes in little before it reads.
fn narrow(server: &Server) -> TcpStream {
    let stream = server.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(server.address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}

#[test]
fn clients_that_ask_and_never_read_are_hung_up_on() {
    let server = Server::with(|settings| {
        settings.max_connections = 2;
        settings.request_header_timeout_seconds = BRIEF;
    });
    let mut streams = [narrow(&server), narrow(&server)];
    let requests = "GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    for stream in &mut streams {
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        let error = loop {
            if let Err(error) = stream.write_all(requests.as_bytes()) {
                break error;
            }
        };
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    }
    server.client().get("/ping").expect(200);
}

#[test]
fn a_body_that_does_not_come_is_answered_503() {
    let server = Server::with(|settings| settings.request_timeout_seconds = BRIEF);
    let mut stream = HalfAsked::send(server.address).stream;
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 503");
}

#[test]
fn more_connections_than_allowed_wait_their_turn() {
    let server = Server::with(|settings| settings.max_connections = 1);
    let ask = |stream: &mut TcpStream| write!(stream, "GET /v1/ping HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let answered = |stream: &mut TcpStream| {
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        &status == b"HTTP/1.1 200"
    };
    let mut first = TcpStream::connect(server.address).unwrap();
    ask(&mut first);
    assert!(answered(&mut first));

    let mut second = TcpStream::connect(server.address).unwrap();
    ask(&mut second);
    second.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(second.read(&mut [0]).is_err(), "answered although there was no room");
    second.set_read_timeout(None).unwrap();
    drop(first);
    assert!(answered(&mut second));
}

#[test]
fn http_2_is_spoken_too() {
    let server = Server::start();
    server.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(format!("http://{}/v1/ping", server.address)).body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, r#"{"message":"pong"}"#);
    });
}

#[test]
fn a_client_that_hangs_up_leaves_the_service_as_it_was() {
    let server = Server::start();
    for _ in 0..20 {
        drop(HalfAsked::send(server.address));
    }
    let login = serde_json::json!({ "email": "ada@example.com", "password": PASSWORD });
    server.client().post("/auth/login", &login).detail(401);
    server.user().start_test(2);
}
