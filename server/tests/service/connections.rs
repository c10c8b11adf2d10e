//! Limits, timeouts and the end of connections.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use aiq_backend::config::{Seconds, Settings};
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

/// Asks on a connection that stays open.
fn ask(stream: &mut TcpStream, path: &str) -> String {
    write!(stream, "GET /v1/{path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    answer(stream)
}

/// One answer, or its beginning if it is long.
fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let head = loop {
        let mut more = [0; 4096];
        let length = stream.read(&mut more).unwrap();
        assert!(length > 0, "closed");
        answer.extend_from_slice(&more[..length]);
        if let Some(end) = answer.windows(4).position(|end| end == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8(answer.clone()).unwrap();
    let length = text.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0;
    let missing = head + length.parse::<usize>().unwrap() - answer.len();
    stream.read_exact(&mut vec![0; missing]).unwrap();
    text
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

/// All that comes of a request until the connection is closed.
fn talk(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // The service may close before it has read all.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_body_that_does_not_come_is_answered_408() {
    let no_progress = Server::with(|settings| settings.request_header_timeout_seconds = BRIEF);
    let not_complete = Server::with(|settings| settings.request_timeout_seconds = BRIEF);
    for server in [no_progress, not_complete] {
        let answer = HalfAsked::send(server.address).answer();
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        server.client().get("/ping").expect(200);
    }
}

#[test]
fn the_time_for_the_body_is_not_the_handlers() {
    let server = Server::with(|settings| {
        settings.request_timeout_seconds = Seconds(Duration::from_secs(1));
        settings.database_timeout_seconds = Seconds(Duration::from_secs(30));
    });
    let request = HalfAsked::send(server.address);
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::sleep(Duration::from_millis(600));
    let answer = std::thread::spawn(move || request.finish());
    std::thread::sleep(Duration::from_millis(600));
    // More than a second after it began, and less after its body was there.
    other.execute_batch("COMMIT").unwrap();
    let answer = answer.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[test]
fn for_one_connection_more_the_longest_idle_is_closed() {
    let server = Server::with(|settings| settings.max_connections = 2);
    let mut streams: Vec<TcpStream> = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        assert!(ask(&mut stream, "ping").starts_with("HTTP/1.1 200"));
        // It is idle when the service knows that the answer is sent, which may be after we have it.
        std::thread::sleep(Duration::from_millis(200));
        streams.push(stream);
    }
    assert_eq!(streams[0].read(&mut [0]).unwrap(), 0);
    for stream in &mut streams[1..] {
        assert!(ask(stream, "ping").starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn while_none_is_idle_operators_are_answered_and_nobody_else() {
    type Change = fn(&mut Settings);
    let at_the_limit: Change = |settings| settings.max_connections = 2;
    let at_the_share: Change = |settings| settings.max_connections_per_address = 2;
    for change in [at_the_limit, at_the_share] {
        let server = Server::with(change);
        let busy = [HalfAsked::send(server.address), HalfAsked::send(server.address)];
        let health = talk(server.address, b"GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(health.starts_with("HTTP/1.1 200") && health.contains("connection: close"), "{health}");
        let other = talk(server.address, b"GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(other.starts_with("HTTP/1.1 503") && other.contains("retry-after: 2"), "{other}");
        // The reserve is small: its oldest goes.
        let mut reserve: Vec<_> = (0..33).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        assert_eq!(reserve[0].read(&mut [0]).unwrap(), 0);
        let [first, _] = busy;
        assert!(first.finish().starts_with("HTTP/1.1 201"));
    }
}

#[test]
fn trusted_proxies_have_no_share() {
    let server = Server::with(|settings| {
        settings.max_connections_per_address = 1;
        settings.trusted_proxies = "127.0.0.0/8".parse().unwrap();
    });
    let mut streams = [(); 3].map(|()| TcpStream::connect(server.address).unwrap());
    for _ in 0..2 {
        for stream in &mut streams {
            assert!(ask(stream, "openapi.json").starts_with("HTTP/1.1 200"));
        }
    }
}

#[test]
fn more_requests_than_allowed_are_refused_at_once() {
    let server = Server::with(|settings| settings.max_requests = 1);
    let request = HalfAsked::send(server.address);
    let refused = server.client().post("/auth/login", &serde_json::json!({}));
    assert_eq!(refused.headers["retry-after"], "2");
    refused.detail(503);
    for path in ["/ping", "/health"] {
        server.client().get(path).expect(200);
    }
    assert!(request.finish().starts_with("HTTP/1.1 201"));
    server.client().post("/auth/login", &serde_json::json!({})).expect(422);
}

#[test]
fn idle_http_2_connections_are_closed_although_they_acknowledge_pings() {
    let server = Server::with(|settings| settings.idle_timeout_seconds = BRIEF);
    server.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = Request::get(format!("http://{}/v1/ping", server.address)).body(Empty::<Bytes>::new()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), StatusCode::OK);
        tokio::time::timeout(Duration::from_secs(20), connection).await.expect("it is held open").unwrap().unwrap();
    });
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let server = Server::start();
    let with = |header: usize| {
        format!("GET /v1/ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: {}\r\n\r\n", "a".repeat(header))
    };
    let answer = talk(server.address, with(15_000).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = talk(server.address, with(17_000).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
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
