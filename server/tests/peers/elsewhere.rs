//! A destination that cannot be used: nothing is sent to it, and nothing to any other.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use crate::{
    installed::{is_inside, own_network},
    running::eventually,
    server::{SCRAPED, Server},
};

/// Variables that say where to push, with which credentials and whom to trust, each with a value that cannot be used.
const UNUSABLE: [(&str, &str); 20] = [
    ("OTEL_OTLP_ENDPOINT", "https://gateway.example/otlp"),
    ("OTEL_OTLP_ENDPOINT", "gateway.example:4317"),
    ("OTEL_OTLP_ENDPOINT", "https://me:token@gateway.example"),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://gateway.example/v1/metrics"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:///run/otlp.sock"),
    ("OTEL_EXPORTER", "foo"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer\ttoken"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20token,x-scope-orgid="),
    ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "token"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/authority.pem"),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/etc/key.pem"),
    ("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "/etc/certificate.pem"),
    ("OTEL_EXPORTER_OTLP_INSECURE", "false"),
    ("OTEL_CONFIG_FILE", "/etc/otel.yaml"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "/etc/otel.yaml"),
    ("SSL_CERT_FILE", "/no/such/file"),
    ("SSL_CERT_FILE", "/dev/null"),
    ("SSL_CERT_DIR", "/no/such/folder"),
];

const PUSHED: [(&str, &str); 4] = [
    ("OTEL_EXPORTER", "otlp"),
    ("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "10"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20token"),
];

/// Set by default on some machines; it does not stand in for `SSL_CERT_FILE`.
const CERTIFICATES: [(&str, &str); 1] = [("SSL_CERT_DIR", "/etc/ssl/certs")];

/// In a network of its own the default address is free, and no other process can connect to it.
pub(crate) fn nothing_is_sent_to_the_default_receiver() {
    if is_inside(own_network(), "nothing_is_sent_to_the_default_receiver") {
        beside_the_default_receiver();
    }
}

fn beside_the_default_receiver() {
    let addresses: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, 4317).into(), (Ipv6Addr::LOCALHOST, 4317).into()];
    let receivers = addresses.map(|address| TcpListener::bind(address).unwrap());
    for receiver in &receivers {
        receiver.set_nonblocking(true).unwrap();
    }
    let connected = || receivers.iter().any(|receiver| receiver.accept().is_ok());
    for (variable, value) in UNUSABLE {
        // Certificates are looked for where there is TLS.
        let endpoint = if variable.starts_with("SSL_CERT_") { "https://localhost:4317" } else { "" };
        let mut server = Server::start(
            &[&SCRAPED[..], &PUSHED, &CERTIFICATES, &[("OTEL_OTLP_ENDPOINT", endpoint), (variable, value)]].concat(),
        );
        server.scrape();
        let ended = server.stop();
        assert!(!connected(), "{variable}={value}");
        assert_eq!((ended.status.code(), ended.exports), (Some(0), Some((0, 0))), "{variable}={value}");
        assert_eq!(server.process.stdout.lines(), [""; 0]);
        let log = &server.process.stderr;
        for word in ["otlp exporter", "console exporter", "token"] {
            assert_eq!(log.with(&[word]), [""; 0], "{variable}={value}");
        }
        let warnings = log.with(&[" WARN ", "pushed"]);
        assert_eq!(warnings.len(), 1, "{variable}={value}: {warnings:#?}");
    }
    // The receiver does notice a server that pushes to it.
    let _server = Server::start(&[&SCRAPED[..], &PUSHED].concat());
    eventually("the server connects", || connected().then_some(()));
}

pub(crate) fn nothing_is_sent_to_another_receiver() {
    let receiver = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    receiver.set_nonblocking(true).unwrap();
    let other = format!("http://{}", receiver.local_addr().unwrap());
    let others = [
        ("OTEL_OTLP_ENDPOINT", &*other),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &other),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &other),
    ];
    for (variable, value) in UNUSABLE {
        // All that count after the one that cannot be used.
        let after = others.iter().position(|(name, _)| *name == variable).map_or(0, |at| at + 1);
        let tls = ("OTEL_OTLP_ENDPOINT", &*other.replace("http:", "https:"));
        let tls = if variable.starts_with("SSL_CERT_") { &[tls][..] } else { &[] };
        let mut server = Server::start(
            &[&SCRAPED[..], &PUSHED, &CERTIFICATES, &others[after..], tls, &[(variable, value)]].concat(),
        );
        server.scrape();
        assert_eq!(server.stop().exports, Some((0, 0)), "{variable}={value}");
        assert_eq!(receiver.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{variable}={value}");
    }
}
