//! Requests over TCP, and what the tower layer counts of them: what the client saw.

mod counted;
mod server;

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::Request;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use picometer::label::HttpMethod;
use picometer_std::instrument::http::{self as metrics_of_http, Route};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_stream::StreamExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use counted::{Counts, counted};
use server::{Server, metrics, wait_for_a_count, wait_until};

fn counts<const N: usize>(series: [(&str, u64); N]) -> Counts {
    series.map(|(series, count)| (series.to_owned(), count)).into()
}

/// Answers with this status.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

/// An event, and then nothing for as long as the client stays.
async fn events() -> impl IntoResponse {
    let first = tokio_stream::once(Ok::<_, Infallible>(Event::default().data("first")));
    Sse::new(first.chain(tokio_stream::pending()))
}

/// Whether a request has come as far as [`never`].
static NEVER: AtomicBool = AtomicBool::new(false);

async fn never() -> StatusCode {
    NEVER.store(true, Ordering::Relaxed);
    std::future::pending().await
}

async fn panics() -> StatusCode {
    panic!("as it should")
}

#[test]
fn a_status_is_a_number_or_is_left_out() {
    let router = Router::new()
        .route("/status/ok", get(async || status(200)))
        .route("/status/far", get(async || status(799)))
        .route("/status/farthest", get(async || status(999)))
        .route("/status/never", get(never))
        .route("/status/panic", get(panics))
        .layer(metrics());
    let server = Server::start(router);
    assert_eq!(server.ask("GET", "/status/ok"), Some(200));
    assert_eq!(server.ask("GET", "/status/far"), Some(799));
    assert_eq!(server.ask("GET", "/status/farthest"), Some(999));
    assert_eq!(server.ask("GET", "/status/panic"), None);
    // A client that leaves before its request was read has sent none.
    let stream = server.send("GET", "/status/never");
    wait_until("a request has come", || NEVER.load(Ordering::Relaxed));
    drop(stream);
    wait_for_a_count("/status/never");
    let expected = counts([
        ("GET /status/ok status=200", 1),
        ("GET /status/far status=799", 1),
        ("GET /status/farthest status=999", 1),
        ("GET /status/never error.type=\"client_disconnected\"", 1),
        ("GET /status/panic error.type=\"panic\"", 1),
    ]);
    assert_eq!(server.counted("/status/"), expected);
}

#[test]
fn a_status_that_no_answer_has_is_left_out() {
    for status in [0, 99, 1000, u16::MAX] {
        metrics_of_http::record(HttpMethod::Get, Route::learn("/recorded"), status, Duration::ZERO);
    }
    assert_eq!(counted("/recorded"), counts([("GET /recorded error.type=\"_OTHER\"", 4)]));
}

#[test]
fn the_error_type_of_a_server_error_is_its_status() {
    let router = Router::new()
        .route("/error/400", get(async || status(400)))
        .route("/error/503", get(async || status(503)))
        .route("/error/599", get(async || status(599)))
        .route("/error/600", get(async || status(600)))
        .layer(metrics());
    let server = Server::start(router);
    for code in [400, 503, 599, 600] {
        assert_eq!(server.ask("GET", &format!("/error/{code}")), Some(code));
    }
    let expected = counts([
        ("GET /error/400 status=400", 1),
        ("GET /error/503 status=503 error.type=\"503\"", 1),
        ("GET /error/599 status=599 error.type=\"599\"", 1),
        ("GET /error/600 status=600", 1),
    ]);
    assert_eq!(server.counted("/error/"), expected);
}

#[test]
fn nested_services_report_their_full_route() {
    let innermost =
        Router::new().route("/leaf/{id}", get(async || status(201))).fallback(async || status(418)).layer(metrics());
    let inner = Router::new()
        .route("/", get(async || status(202)))
        .route("/users/{id}", get(async || status(203)).post(async || status(409)))
        .nest("/flat", Router::new().route("/{id}", get(async || status(206))))
        .nest_service("/deeper", innermost)
        .layer(metrics());
    let fallback = Router::new().route("/nested/fallback/{id}", get(async || status(207))).layer(metrics());
    let router = Router::new()
        .route("/nested/plain", get(async || status(200)))
        .nest("/nested/flat", Router::new().route("/{id}", get(async || status(205))))
        .nest_service("/nested/service", inner)
        .fallback_service(fallback)
        .layer(metrics());
    let server = Server::start(router);
    for (method, path, status) in [
        ("GET", "/nested/plain", 200),
        ("GET", "/nested/flat/1", 205),
        ("GET", "/nested/service", 202),
        ("GET", "/nested/service/users/1", 203),
        ("GET", "/nested/service/users/2", 203),
        ("POST", "/nested/service/users/2", 409),
        ("PUT", "/nested/service/users/2", 405),
        ("GET", "/nested/service/flat/1", 206),
        ("GET", "/nested/service/deeper/leaf/1", 201),
        ("GET", "/nested/fallback/1", 207),
        // No route matches these.
        ("TRACE", "/nested/service/nothing", 404),
        ("TRACE", "/nested/service/deeper/nothing", 418),
        ("TRACE", "/nested/nothing", 404),
    ] {
        assert_eq!(server.ask(method, path), Some(status), "{path}");
    }
    let mut expected = counts([
        ("GET /nested/plain status=200", 1),
        ("GET /nested/flat/{id} status=205", 1),
        ("GET /nested/service status=202", 1),
        ("GET /nested/service/users/{id} status=203", 2),
        ("POST /nested/service/users/{id} status=409", 1),
        ("PUT /nested/service/users/{id} status=405", 1),
        ("GET /nested/service/flat/{id} status=206", 1),
        ("GET /nested/service/deeper/leaf/{id} status=201", 1),
        ("GET /nested/fallback/{id} status=207", 1),
    ]);
    assert_eq!(server.counted("/nested/"), expected);
    expected = counted("_unmatched");
    expected.retain(|series, _| series.starts_with("TRACE"));
    assert_eq!(expected, counts([("TRACE _unmatched status=404", 2), ("TRACE _unmatched status=418", 1)]));
}

#[test]
fn the_outermost_layer_counts_once_what_leaves_it() {
    // Answers 503 whatever it is answered.
    let unavailable = middleware::from_fn(async |request, next: Next| {
        next.run(request).await;
        status(503)
    });
    let router = Router::new().route("/once/{id}", get(async || status(200))).layer(metrics()).layer(unavailable);
    // Around the router, where no route is known yet.
    let server = Server::start(metrics().layer(router.into_service::<hyper::body::Incoming>()));
    assert_eq!(server.ask("GET", "/once/1"), Some(503));
    assert_eq!(server.counted("/once/"), counts([("GET /once/{id} status=503 error.type=\"503\"", 1)]));
}

#[test]
fn a_client_that_leaves_a_stream_is_told_apart() {
    let router = Router::new()
        .route("/stream/http1", get(events))
        .route("/stream/http2/reset", get(events))
        .route("/stream/http2/closed", get(events))
        .route("/stream/whole", get(async || Sse::new(tokio_stream::once(Ok::<_, Infallible>(Event::default())))))
        .layer(metrics());
    let server = Server::start(router);
    server.leave_after("/stream/http1", "first");
    assert_eq!(server.ask("GET", "/stream/whole"), Some(200));
    for path in ["/stream/http2/reset", "/stream/http2/closed"] {
        // The client's end of the connection is dropped with its runtime.
        let runtime = Runtime::new().unwrap();
        let answer = runtime.block_on(async {
            let stream = TcpStream::connect(server.address).await.unwrap();
            let (mut client, connection) =
                http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let request = Request::get(format!("http://test{path}")).body(Empty::new()).unwrap();
            let mut answer = client.send_request(request).await.unwrap();
            let first = answer.frame().await.unwrap().unwrap();
            assert!(first.data_ref().unwrap().starts_with(b"data: first"));
            answer
        });
        match path {
            "/stream/http2/reset" => drop(answer),
            _ => drop(runtime),
        }
        wait_for_a_count(path);
    }
    let expected = counts([
        ("GET /stream/http1 status=200 error.type=\"client_disconnected\"", 1),
        ("GET /stream/http2/reset status=200 error.type=\"client_disconnected\"", 1),
        ("GET /stream/http2/closed status=200 error.type=\"client_disconnected\"", 1),
        ("GET /stream/whole status=200", 1),
    ]);
    assert_eq!(server.counted("/stream/"), expected);
}

/// Hands its data on, but does not know that it ends then.
fn of_unknown_length(data: &'static str) -> Body {
    Body::from_stream(tokio_stream::once(Ok::<_, Infallible>(Bytes::from_static(data.as_bytes()))))
}

#[test]
fn an_answer_whose_body_is_not_polled_to_its_end_can_be_whole() {
    let trailers = || {
        let frames = [Frame::data(Bytes::from_static(b"data")), Frame::trailers(HeaderMap::new())];
        let frames = tokio_stream::iter(frames.map(Ok::<_, Infallible>)).chain(tokio_stream::pending());
        ([(header::TRAILER, "x")], Body::new(StreamBody::new(frames)))
    };
    let router = Router::new()
        .route("/whole/get", get(async || "four"))
        .route("/whole/empty", get(async || ()))
        .route("/whole/chunked", get(async || of_unknown_length("four")))
        // As a file is answered: hyper stops when it has the length.
        .route("/whole/length", get(async || ([(header::CONTENT_LENGTH, "4")], of_unknown_length("four"))))
        .route("/whole/nothing", get(async || (status(204), of_unknown_length("four"))))
        .route("/whole/unchanged", get(async || (status(304), of_unknown_length("four"))))
        .route("/whole/trailers", get(async move || trailers()))
        .layer(metrics());
    let server = Server::start(router);
    let mut expected = Counts::new();
    for (path, status) in
        [("get", 200), ("empty", 200), ("chunked", 200), ("length", 200), ("nothing", 204), ("unchanged", 304)]
    {
        for method in ["GET", "HEAD"] {
            assert_eq!(server.ask(method, &format!("/whole/{path}")), Some(status), "{method} {path}");
            expected.insert(format!("{method} /whole/{path} status={status}"), 1);
        }
    }
    assert_eq!(server.ask("GET", "/whole/trailers"), Some(200));
    expected.insert("GET /whole/trailers status=200".into(), 1);
    assert_eq!(server.counted("/whole/"), expected);
}

#[test]
fn a_file_that_a_client_leaves_is_not_whole() {
    let half = async || {
        let half = tokio_stream::once(Ok::<_, Infallible>(Bytes::from_static(b"half")));
        ([(header::CONTENT_LENGTH, "8")], Body::from_stream(half.chain(tokio_stream::pending())))
    };
    let server = Server::start(Router::new().route("/half", get(half)).layer(metrics()));
    server.leave_after("/half", "half");
    assert_eq!(server.counted("/half"), counts([("GET /half status=200 error.type=\"client_disconnected\"", 1)]));
}

#[test]
fn a_panic_is_counted_as_the_client_saw_it_wherever_it_is_caught() {
    let route = |path| Router::new().route(path, get(panics));
    let router = route("/panic/caught/inside")
        .layer(CatchPanicLayer::new())
        .layer(metrics())
        .merge(route("/panic/caught/outside").layer(metrics()).layer(CatchPanicLayer::new()))
        .merge(route("/panic/uncaught").layer(metrics()));
    let server = Server::start(router);
    assert_eq!(server.ask("GET", "/panic/caught/inside"), Some(500));
    assert_eq!(server.ask("GET", "/panic/caught/outside"), Some(500));
    assert_eq!(server.ask("GET", "/panic/uncaught"), None);
    let expected = counts([
        ("GET /panic/caught/inside status=500 error.type=\"500\"", 1),
        ("GET /panic/caught/outside status=500 error.type=\"500\"", 1),
        ("GET /panic/uncaught error.type=\"panic\"", 1),
    ]);
    assert_eq!(server.counted("/panic/"), expected);
}

#[test]
fn a_panic_leaves_nothing_behind_on_its_thread() {
    let panicking = Router::new().route("/behind/panic", get(panics)).layer(metrics()).layer(CatchPanicLayer::new());
    let router = panicking.merge(Router::new().route("/behind/next", get(async || status(200))).layer(metrics()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for path in ["/behind/panic", "/behind/next"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            answer.into_body().collect().await.unwrap();
        }
    });
    let expected = counts([("GET /behind/panic status=500 error.type=\"500\"", 1), ("GET /behind/next status=200", 1)]);
    assert_eq!(counted("/behind/"), expected);
}

#[test]
fn a_panic_that_is_answered_in_another_way_is_counted_by_a_layer_around() {
    let unavailable = CatchPanicLayer::custom(|_| status(503).into_response());
    let passing = middleware::from_fn(async |request, next: Next| next.run(request).await);
    let router = Router::new()
        .route("/answered/{id}", get(panics))
        .layer(metrics())
        .layer(passing)
        .layer(unavailable)
        .layer(metrics());
    let server = Server::start(router);
    assert_eq!(server.ask("GET", "/answered/1"), Some(503));
    assert_eq!(server.counted("/answered/"), counts([("GET /answered/{id} status=503 error.type=\"503\"", 1)]));
}

#[test]
fn a_service_that_panics_before_it_has_a_future_is_counted() {
    let panics = service_fn(|request: Request<hyper::body::Incoming>| {
        assert_ne!(request.uri().path(), "/", "as it should");
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    });
    let server = Server::start(metrics().layer(panics));
    assert_eq!(server.ask("OPTIONS", "/"), None);
    let mut counts_of_options = server.counted("_unmatched");
    counts_of_options.retain(|series, _| series.starts_with("OPTIONS"));
    assert_eq!(counts_of_options, counts([("OPTIONS _unmatched error.type=\"panic\"", 1)]));
}

#[test]
fn what_goes_wrong_in_a_body_is_told_apart() {
    /// Hands on a piece, and panics when it is asked for another.
    struct Panicking(Option<Bytes>);

    impl http_body::Body for Panicking {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(Some(Ok(Frame::data(self.0.take().expect("as it should")))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::default()
        }
    }

    let panics = async || Body::new(Panicking(Some(Bytes::from_static(b"piece"))));
    let fails = async || {
        let piece = tokio_stream::once(Ok(Bytes::from_static(b"piece")));
        Body::from_stream(piece.chain(tokio_stream::once(Err(io::Error::other("as it should")))))
    };
    let short = async || {
        let piece = tokio_stream::once(Ok::<_, Infallible>(Bytes::from_static(b"piece")));
        ([(header::CONTENT_LENGTH, "8")], Body::from_stream(piece))
    };
    let router = Router::new()
        .route("/body/panics", get(panics))
        .route("/body/panics/caught", get(panics).layer(CatchPanicLayer::new()))
        .route("/body/fails", get(fails))
        .route("/body/short", get(short))
        .layer(metrics());
    let server = Server::start(router);
    for path in ["/body/panics", "/body/panics/caught", "/body/fails", "/body/short"] {
        // The head has been sent, or was about to be when the connection broke off.
        server.ask("GET", path);
        wait_for_a_count(path);
    }
    let expected = counts([
        ("GET /body/panics status=200 error.type=\"panic\"", 1),
        ("GET /body/panics/caught status=200 error.type=\"panic\"", 1),
        ("GET /body/fails status=200 error.type=\"body_error\"", 1),
        ("GET /body/short status=200 error.type=\"body_error\"", 1),
    ]);
    assert_eq!(server.counted("/body/"), expected);
}

#[test]
fn a_service_without_an_answer_has_no_status() {
    let router = Router::new().route("/fails", get(async || status(200))).layer(metrics());
    let fails = service_fn(move |request: Request<hyper::body::Incoming>| {
        let answer = router.clone().oneshot(request);
        async {
            answer.await.and(Ok(Err::<Response, _>(io::Error::other("as it should")))).unwrap_or_else(|no| match no {})
        }
    });
    let server = Server::start(metrics().layer(fails));
    assert_eq!(server.ask("GET", "/fails"), None);
    assert_eq!(server.counted("/fails"), counts([("GET /fails error.type=\"service_error\"", 1)]));
}
