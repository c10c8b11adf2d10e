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
    fs,
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
};

use process::command;
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
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "10000", "console exporter initialized"),
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

/// The warnings about a variable, of those that the server logs about its environment.
fn warnings(server: &Server, variable: &str) -> Vec<String> {
    about(server.process.stderr.with(&[" WARN "]), "telemetry: ", variable)
}

/// The texts behind the prefix that begin with the variable's whole name.
fn about(lines: Vec<String>, prefix: &str, variable: &str) -> Vec<String> {
    let texts = lines.iter().filter_map(|line| line.split_once(prefix)).map(|(_, text)| text);
    let is_whole = |rest: &str| !rest.starts_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
    texts.filter(|text| text.strip_prefix(variable).is_some_and(is_whole)).map(str::to_owned).collect()
}

/// Variables that do nothing, with values that ask for something.
const WITHOUT_EFFECT: [(&str, &str); 25] = [
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
    ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram"),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "always_on"),
    ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0"),
    ("OTEL_EXPORTER_PROMETHEUS_PORT", "9464"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/authority.pem"),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/etc/key.pem"),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/etc/certificate.pem"),
    ("OTEL_EXPORTER_OTLP_INSECURE", "false"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "/etc/otel.yaml"),
    ("RATE_LIMIT_ENABLED", "true"),
    ("RATE_LIMIT_DEFAULT_LIMIT", "100"),
    ("OTEL_LOGS_ENABLED", "true"),
    ("OTEL_LOGS_EXPORTER", "otlp"),
    ("OTEL_TRACES_ENABLED", "true"),
    ("OTEL_TRACES_SAMPLE_RATE", "1.0"),
    ("OTEL_TRACES_EXPORTER", "otlp"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318"),
    ("OTEL_LOG_LEVEL", "debug"),
    ("OTEL_PROPAGATORS", "b3"),
    ("OTEL_BSP_SCHEDULE_DELAY", "1000"),
    ("OTEL_ATTRIBUTE_COUNT_LIMIT", "64"),
    ("OTEL_SEMCONV_STABILITY_OPT_IN", "http"),
];

/// Values of these that ask for what happens anyway.
const HARMLESS: [(&str, &str); 15] = [
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
    ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Cumulative"),
    ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "always_off"),
    ("OTEL_EXPORTER_PROMETHEUS_PORT", ""),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", " "),
    ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
    ("RATE_LIMIT_ENABLED", "False"),
    ("OTEL_LOGS_ENABLED", "false"),
    ("OTEL_LOGS_EXPORTER", "none"),
    ("OTEL_TRACES_ENABLED", "false"),
    ("OTEL_TRACES_SAMPLE_RATE", "0.0"),
    ("OTEL_TRACES_SAMPLER", "always_off"),
    ("OTEL_TRACES_EXPORTER", "none"),
];

#[test]
fn a_variable_without_effect_is_one_warning() {
    let mut server = Server::start(&[&ON[..], &WITHOUT_EFFECT].concat());
    server.stop();
    for (variable, _) in WITHOUT_EFFECT {
        assert_eq!(warnings(&server, variable).len(), 1, "{variable}: {:#?}", server.process.stderr.lines());
    }
    assert_eq!(server.process.stderr.with(&[" WARN ", "telemetry: "]).len(), WITHOUT_EFFECT.len());
    assert_eq!(server.process.stderr.with(&["console exporter initialized"]).len(), 1, "none of them is about that");

    let mut server = Server::start(&[&ON[..], &HARMLESS].concat());
    server.stop();
    assert_eq!(server.process.stderr.with(&[" WARN ", "telemetry: "]), [""; 0]);
}

/// The lines that `check` prints with these variables and metrics on, pushed over OTLP.
fn check(variables: &[(&str, &str)]) -> Vec<String> {
    let variables = [&ON[..], &[("OTEL_EXPORTER", "otlp")], variables].concat();
    let directory = tempfile::tempdir().unwrap();
    let output = command(directory.path()).arg("check").envs(variables).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The one line of `check` that says what failed.
fn failure(variables: &[(&str, &str)]) -> String {
    let printed = check(variables);
    let mut failed = printed.iter().filter(|line| line.contains("FAILED"));
    let (Some(line), None) = (failed.next(), failed.next()) else { panic!("{printed:#?}") };
    line.clone()
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (good, empty, text) = (path("good"), path("empty"), path("text"));
    fs::create_dir(&good).unwrap();
    fs::create_dir(&empty).unwrap();
    fs::write(&text, "no certificate").unwrap();
    let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    fs::write(path("good/one.pem"), certificate).unwrap();

    let receiver = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    receiver.set_nonblocking(true).unwrap();
    let url = format!("https://{}", receiver.local_addr().unwrap());
    let (file, folder) = ("SSL_CERT_FILE", "SSL_CERT_DIR");
    for certificates in [
        &[(file, "/no/such/file")][..],
        &[(file, "/no/such/file"), (folder, &good)],
        &[(file, "/dev/null"), (folder, &good)],
        &[(file, &text), (folder, &good)],
        &[(folder, "/no/such/folder")],
        &[(folder, &empty), (file, "")],
    ] {
        let line = failure(&[&[("OTEL_OTLP_ENDPOINT", &*url)], certificates].concat());
        assert!(line.contains(certificates[0].0) && !line.contains("OTEL_OTLP_ENDPOINT"), "{line}");
        assert_eq!(receiver.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{certificates:?}");
    }
    // One that can be used is enough.
    let good_file = path("good/one.pem");
    for certificates in [&[(folder, &*good)][..], &[(file, &good_file), (folder, &empty)]] {
        let timeout = ("OTEL_EXPORTER_OTLP_TIMEOUT", "100");
        let line = failure(&[&[("OTEL_OTLP_ENDPOINT", &*url), timeout], certificates].concat());
        assert!(!line.contains("SSL_CERT"), "{line}");
        assert!(receiver.accept().is_ok(), "{certificates:?}: {line}");
    }
}

#[test]
fn check_says_once_and_in_words_why_the_receiver_does_not_answer() {
    let silent = tokio::net::TcpSocket::new_v4().unwrap();
    silent.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let line = failure(&[("OTEL_OTLP_ENDPOINT", &format!("http://{}", silent.local_addr().unwrap()))]);
    assert_eq!((line.matches("Connection refused").count(), line.matches("otlp").count()), (1, 1), "{line}");

    let broken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", broken.local_addr().unwrap());
    thread::spawn(move || broken.incoming().for_each(drop));
    let line = failure(&[("OTEL_OTLP_ENDPOINT", &url)]);
    assert!(!line.contains("Error") && !line.contains("source:"), "{line}");
    assert!(line.contains("OTLP/gRPC"), "{line}");
}

#[test]
fn check_marks_the_variable_at_fault() {
    let row = |variables: &[(&str, &str)], name: &str| {
        let printed = check(variables);
        let row = printed.iter().find(|line| line.starts_with(&format!("| {name} ")));
        row.unwrap_or_else(|| panic!("{printed:#?}")).clone()
    };
    let (endpoint, headers) = ("OTEL_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_HEADERS");
    let good = (endpoint, "http://otlp.example:4317");
    for fault in [("OTEL_EXPORTER_OTLP_HEADERS", "token"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")] {
        let shown = row(&[good, fault], endpoint);
        assert!(shown.contains(good.1) && !shown.contains("unusable"), "{shown}");
        let shown = row(&[good, fault], headers);
        assert_eq!(shown.contains("unusable"), fault.0.ends_with("HEADERS"), "{shown}");
        let line = failure(&[good, fault]);
        assert!(line.starts_with("push ") && line.contains(fault.0), "{line}");
    }
    let shown = row(&[(endpoint, "otlp.example")], endpoint);
    assert!(shown.contains("unusable"), "{shown}");
}

#[test]
fn check_shows_the_warnings_of_a_start() {
    let unusable = [("OTEL_OTLP_ENDPOINT", "https://gateway.example/otlp")];
    let variables = [&ON[..], &[("OTEL_EXPORTER", "otlp")], &WITHOUT_EFFECT, &unusable].concat();
    let directory = tempfile::tempdir().unwrap();
    let output = command(directory.path()).arg("check").envs(variables.clone()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{printed}");
    let lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    let mut server = Server::start(&variables);
    server.stop();
    for (variable, _) in WITHOUT_EFFECT.iter().chain(&unusable) {
        let logged = warnings(&server, variable);
        assert_eq!(logged.len(), if *variable == "OTEL_EXPORTER_OTLP_INSECURE" { 0 } else { 1 }, "{variable}");
        assert_eq!(about(lines.clone(), "warning   ", variable), logged, "{printed}");
    }
    let failed: Vec<_> = lines.iter().filter(|line| line.contains("FAILED")).collect();
    assert!(matches!(failed[..], [line] if line.contains("OTEL_OTLP_ENDPOINT")), "{printed}");
    assert!(lines.iter().any(|line| line.contains("OTEL_OTLP_ENDPOINT") && line.contains("unusable")), "{printed}");
}

#[test]
fn the_standard_name_of_the_exporter_counts_too() {
    let standard = |value| [&ON[..], &[("OTEL_METRICS_EXPORTER", value)]].concat();
    for (value, exporter, is_scraped) in [
        ("none", None, false),
        ("console", Some("console exporter initialized"), false),
        ("otlp", Some("otlp exporter initialized"), false),
        ("prometheus", None, true),
        ("otlp,prometheus", Some("otlp exporter initialized"), true),
        ("zipkin", None, false),
        ("otlp,console", None, false),
        ("prometheus,foo", None, true),
        ("prometheus,none", None, true),
    ] {
        let mut server = Server::start(&[&standard(value)[..], &[("OTEL_EXPORTER_OTLP_TIMEOUT", "1")]].concat());
        assert_eq!(server.metrics().0 == 200, is_scraped, "{value}");
        server.stop();
        let started = server.process.stderr.with(&["exporter initialized"]);
        let push = started.iter().filter(|line| !line.contains("prometheus")).collect::<Vec<_>>();
        assert_eq!(push.len(), exporter.iter().len(), "{value}: {push:?}");
        assert!(push.iter().all(|line| line.contains(exporter.unwrap_or_default())), "{value}: {push:?}");
        let is_bad = ["zipkin", "otlp,console", "prometheus,foo", "prometheus,none"].contains(&value);
        assert_eq!(warnings(&server, "OTEL_METRICS_EXPORTER").len(), usize::from(is_bad), "{value}");
    }
}

#[test]
fn each_process_is_an_instance_of_its_own() {
    let id = |server: &Server| {
        let text = server.scrape();
        let target = text.lines().find(|line| line.starts_with("target_info{")).unwrap().to_owned();
        let (_, rest) = target.split_once("service_instance_id=\"").unwrap_or_else(|| panic!("{target}"));
        rest.split('"').next().unwrap().to_owned()
    };
    let [one, other] = [(); 2].map(|()| Server::start(&SCRAPED));
    let (first, second) = (id(&one), id(&other));
    assert_ne!(first, second);
    assert_eq!((id(&one), id(&other)), (first.clone(), second), "it stays");
    // A random UUID: RFC 9562, section 5.4.
    let shape: String = first.chars().map(|c| if c.is_ascii_hexdigit() { 'x' } else { c }).collect();
    assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    assert!(first[14..].starts_with('4') && first[19..].starts_with(['8', '9', 'a', 'b']), "{first}");

    let given = ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod%2D7");
    assert_eq!(id(&Server::start(&[&SCRAPED[..], &[given]].concat())), "pod-7");
    let empty = ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=");
    assert_eq!(id(&Server::start(&[&SCRAPED[..], &[empty]].concat())).len(), 36);
}
