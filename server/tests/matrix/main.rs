//! What the switches of telemetry do to the real binary.

#[allow(dead_code, reason = "the tests of the service use all of it")]
#[path = "../service/process.rs"]
mod process;
#[path = "../peers/running.rs"]
#[allow(dead_code, reason = "the tests of the peers use all of it")]
mod running;
#[path = "../peers/server.rs"]
#[allow(dead_code, reason = "the tests of what is measured use all of it")]
mod server;

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener, TcpStream},
};

use running::eventually;
use server::{SCRAPED, Server};

const ON: [(&str, &str); 2] = [("OTEL_ENABLED", "true"), ("OTEL_METRICS_ENABLED", "true")];

/// The log line that says where the metrics went is not there, and nothing was printed.
#[track_caller]
fn pushes_nothing(server: &Server) {
    assert_eq!(server.process.stdout.lines(), [""; 0]);
    for exporter in ["console", "otlp"] {
        assert_eq!(server.process.stderr.with(&[exporter]), [""; 0]);
    }
}

#[track_caller]
fn answers(server: &Server) {
    let answer = ureq::get(format!("http://{}/v1/ping", server.address)).call().unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn each_switch_that_is_off_is_named() {
    let on = ("OTEL_ENABLED", "true");
    for (variables, switch) in [
        (&[][..], "OTEL_ENABLED"),
        (&[("OTEL_METRICS_ENABLED", "true"), ("PROMETHEUS_METRICS_ENABLED", "true")], "OTEL_ENABLED"),
        (&[on], "OTEL_METRICS_ENABLED"),
        (&[on, ("PROMETHEUS_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "otlp")], "OTEL_METRICS_ENABLED"),
        (&[on, ("OTEL_METRICS_ENABLED", "true"), ("OTEL_EXPORTER", "none")], "PROMETHEUS_METRICS_ENABLED"),
        (&[("OTEL_SDK_DISABLED", "true"), on, ("OTEL_METRICS_ENABLED", "true")], "OTEL_SDK_DISABLED"),
    ] {
        let mut server = Server::start(variables);
        answers(&server);
        let (status, text) = server.metrics();
        assert_eq!(status, 503, "{variables:?}");
        assert!(text.starts_with("# ") && text.lines().count() == 1, "{text}");
        assert!(text.split_whitespace().any(|word| word == switch), "{variables:?}: {text}");
        assert_eq!(server.stop().status.code(), Some(0));
        pushes_nothing(&server);
    }
}

#[test]
fn with_every_switch_at_its_default_nothing_is_exported() {
    let receiver = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    receiver.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", receiver.local_addr().unwrap());
    let push = [
        ("OTEL_EXPORTER", "otlp"),
        ("OTEL_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "20"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
    ];
    for variables in [&[][..], &push, &[("PROMETHEUS_METRICS_ENABLED", "true")]] {
        let mut server = Server::start(variables);
        answers(&server);
        assert_eq!(server.stop().status.code(), Some(0));
        pushes_nothing(&server);
        assert_eq!(server.process.stderr.with(&["metrics are off", "OTEL_ENABLED"]).len(), 1);
        assert_eq!(server.process.stderr.with(&["metrics initialized"]), [""; 0]);
        assert_eq!(receiver.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{variables:?}");
    }

    // The receiver does notice a server that pushes.
    let server = Server::start(&[&ON[..], &push].concat());
    eventually("the server connects", || receiver.accept().ok());
    answers(&server);
}

#[test]
fn without_a_push_exporter_metrics_are_still_scraped() {
    let mut server = Server::start(&SCRAPED);
    answers(&server);
    let text = server.scrape();
    assert!(text.contains(r#"method="GET",route="/v1/ping",status="200"} 1"#), "{text}");
    assert_eq!(server.process.stderr.with(&["metrics initialized"]).len(), 1);
    let ended = server.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(ended.exports, Some((0, 0)));
    pushes_nothing(&server);
}

#[test]
fn the_console_gets_text_at_each_interval() {
    let interval = [("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "50")];
    let mut server = Server::start(&[&ON[..], &interval].concat());
    answers(&server);
    let request = r#"route="/v1/ping",status="200"} 1"#;
    eventually("the request is printed, and once more", || {
        (server.process.stdout.with(&["http_server_requests_total{", request]).len() >= 2).then_some(())
    });
    assert_eq!(server.process.stderr.with(&["console exporter initialized", "50ms"]).len(), 1);
    assert_eq!(server.process.stderr.with(&["metrics initialized"]).len(), 1);
    let ended = server.stop();
    assert_eq!(ended.status.code(), Some(0));
    let printed = server.process.stdout.with(&["# TYPE target_info"]).len();
    assert_eq!(ended.exports, Some((printed, 0)));
}

#[test]
fn the_otlp_exporter_prints_nothing_and_needs_no_receiver() {
    let push = [
        ("OTEL_EXPORTER", "otlp"),
        ("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "50"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "50"),
    ];
    let server = Server::start(&[&SCRAPED[..], &push].concat());
    assert_eq!(server.process.stderr.with(&["otlp exporter initialized"]).len(), 1);
    // Unless somebody runs a receiver where the default endpoint is.
    if TcpStream::connect(("localhost", 4317)).is_err() {
        eventually("an export fails", || {
            server.process.stderr.with(&[" WARN ", "otlp export failed", "localhost:4317"]).pop()
        });
    }
    answers(&server);
    assert!(server.scrape().contains("http_server_requests_total"));
    assert_eq!(server.process.stdout.lines(), [""; 0]);
}

#[test]
fn a_bad_value_is_warned_about_once_and_the_default_holds() {
    for (variable, value, default, effect) in [
        ("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "abc", "60000", "console exporter initialized interval=60s"),
        ("OTEL_EXPORTER", "foo", "console", "console exporter initialized"),
    ] {
        let mut server = Server::start(&[&ON[..], &[(variable, value)]].concat());
        answers(&server);
        assert_eq!(server.stop().status.code(), Some(0));
        let warnings = server.process.stderr.with(&[" WARN ", variable]);
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert!(warnings[0].contains(value) && warnings[0].contains(default), "{warnings:?}");
        assert_eq!(server.process.stderr.with(&[effect]).len(), 1, "{:#?}", server.process.stderr.lines());
    }
}
