//! What is measured of the real binary, and its other commands.

#[allow(dead_code, reason = "the tests of the service use all of it")]
#[path = "../service/process.rs"]
mod process;
#[path = "../peers/running.rs"]
#[allow(dead_code, reason = "the tests of the peers use all of it")]
mod running;
#[path = "../peers/server.rs"]
#[allow(dead_code, reason = "the tests of the peers use all of it")]
mod server;

use std::process::Output;

use rusqlite::Connection;
use server::{SCRAPED, Server};

/// The value of the series with these labels behind those of the scope.
#[track_caller]
fn value(text: &str, name: &str, labels: &str) -> f64 {
    let end = format!(",{labels}}} ");
    let value = text.lines().filter(|line| line.starts_with(name)).find_map(|line| Some(line.split_once(&end)?.1));
    value.unwrap_or_else(|| panic!("no {name} with {labels} in\n{text}")).parse().unwrap()
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Output, String) {
    let directory = tempfile::tempdir().unwrap();
    let output =
        process::command(directory.path()).env("PORT", "0").envs(variables.iter().copied()).args(arguments).output();
    let output = output.unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, text)
}

#[test]
fn what_fails_is_counted_by_type_and_route() {
    let server = Server::start(&[&SCRAPED[..], &[("DATABASE_TIMEOUT_SECONDS", "0.05")]].concat());
    let other = Connection::open(server.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = r#"{"email":"a@example.org","password":"long enough","first_name":"A","last_name":"B"}"#;
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    for _ in 0..2 {
        let request = agent.post(format!("http://{}/v1/auth/register", server.address));
        assert_eq!(request.header("content-type", "application/json").send(body).unwrap().status(), 503);
    }
    let text = server.scrape();
    let labels = r#"error_type="database_timeout",http_route="/v1/auth/register""#;
    assert_eq!(value(&text, "app_errors_total", labels), 2.0);
}

#[test]
fn statements_that_begin_with_a_comment_are_timed_as_well() {
    let text = Server::start(&SCRAPED).scrape();
    let created = r#"operation="CREATE",table="users""#;
    assert_eq!(value(&text, "db_query_duration_seconds_count", created), 1.0);
    assert!(value(&text, "db_query_duration_seconds_sum", created) > 0.0);
}

#[test]
fn the_demonstration_shows_what_was_sent_and_measured() {
    let (output, text) = run(&["demo", "--exit", "--requests", "60", "--visitors", "2", "--host", "127.0.0.2"], &[]);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("serving   http://127.0.0.2:"), "{text}");
    assert!(!text.contains("-0"), "{text}");
}

#[test]
fn check_fails_where_the_service_would_not_start() {
    let (output, text) = run(&["check"], &[]);
    assert!(output.status.success(), "{text}");
    let (output, text) = run(&["check"], &[("JWT_SECRET_KEY", "short")]);
    assert!(!output.status.success() && text.contains("32"), "{text}");
}
