//! What those who scrape the server make of it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::{
    exposition::{self, Sample, Series, Value},
    installed::Peer,
    prometheus::Prometheus,
    running::eventually,
    server::{SCRAPED, Server},
    traffic::crowd,
};

const HTTP_SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

pub(crate) fn prometheus_counts_what_was_sent() {
    let server = Server::start(&SCRAPED);
    let prometheus = Prometheus::scraping(server.address);
    let sent = crowd(server.address, 4, 250);
    assert!(sent.requests() > 1000);

    let all = r#"sum(http_server_requests_total{route!="/v1/metrics"})"#;
    let counted = eventually("the last request is scraped", || {
        prometheus.number(all).filter(|count| *count >= sent.requests() as f64)
    });
    assert_eq!(counted, sent.requests() as f64);
    // A scrape is stored as a whole, so all that follows is of that scrape or of a later one.
    let mut names: Vec<_> = sent.0.keys().map(|series| series.name.as_str()).collect();
    names.dedup();
    for name in &names {
        let query = format!(
            r#"sum without (job, instance, otel_scope_name, otel_scope_version) ({name}{{route!="/v1/metrics"}})"#
        );
        let counted = prometheus.query(&query).into_iter().map(|(labels, count)| (labels, count as i64)).collect();
        assert_eq!(sent.named(name), counted, "{name}");
    }
    assert!(names.contains(&"test_sessions_active") && names.len() == 12, "{names:?}");

    let routes = r#"count(count by (route) (http_server_requests_total{status="404"}))"#;
    assert_eq!(prometheus.number(routes), Some(1.0));
    let unmatched = r#"sum(http_server_requests_total{route="_unmatched"})"#;
    assert_eq!(prometheus.number(unmatched), Some(1000.0));

    let quantile = "histogram_quantile(0.95, sum by (le) (http_server_request_duration_seconds_bucket))";
    let seconds = prometheus.number(quantile).unwrap();
    assert!(seconds.is_finite() && seconds > 0.0, "{seconds}");
    assert_eq!(prometheus.number(r#"target_info{service_name="aiq-backend"}"#), Some(1.0));
    assert_eq!(prometheus.number("up"), Some(1.0));
}

pub(crate) fn promtool_finds_nothing_to_mend() {
    let server = Server::start(&SCRAPED);
    crowd(server.address, 1, 1);
    let mut command = Command::new(Peer::Promtool.expect());
    let (success, said) = feed(command.args(["check", "metrics"]), &server.scrape());
    assert!(success, "{said}");
    assert_eq!(said, "");
}

pub(crate) fn a_strict_parser_reads_everything() {
    let server = Server::start(&SCRAPED);
    let sent = crowd(server.address, 2, 10);
    let text = server.scrape();
    let mut command = Command::new(Peer::Python.expect());
    let (success, said) = feed(command.args(["-c", include_str!("samples.py")]), &text);
    assert!(success, "{said}");

    // It fails on two samples of one series.
    let metrics = exposition::gather(said.lines().map(|line| sample(&serde_json::from_str(line).unwrap())));
    assert_eq!(exposition::difference(&metrics, &exposition::parse(&text)), [""; 0]);
    assert_eq!(sent.of(&metrics), sent);

    let mut histograms = 0;
    for (series, value) in &metrics {
        let Value::Histogram { count, buckets, .. } = value else { continue };
        histograms += 1;
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, *count)), "{series:?}");
        assert!(buckets.is_sorted_by(|left, right| left.0 < right.0 && left.1 <= right.1), "{series:?}: {buckets:?}");
        if series.name == "http_server_request_duration_seconds" {
            let bounds: Vec<_> = buckets[..buckets.len() - 1].iter().map(|(bound, _)| *bound).collect();
            assert_eq!(bounds, HTTP_SECONDS, "{series:?}");
        }
    }
    assert!(histograms > 30, "{histograms}");
}

/// Gives a command its input. Returns whether it succeeded, and what it printed.
fn feed(command: &mut Command, input: &str) -> (bool, String) {
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // What it prints must be read meanwhile, or neither side would go on.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    });
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), said)
}

/// A line that the script prints: the type of the metric, the name of the sample, its labels and its value.
fn sample(line: &serde_json::Value) -> Sample {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let labels = serde_json::from_value(line[2].clone()).unwrap();
    let series = Series { name: text(&line[1]), labels };
    Sample { is_histogram: line[0] == "histogram", series, value: text(&line[3]).parse().unwrap() }
}
