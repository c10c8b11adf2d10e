//! What was sent beside what was measured, and where to look.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};

use super::Sent;

/// Prints the tables. `text` is what a scrape got after the last answer.
pub(super) fn print(sent: &Sent, text: &str, base: &str, is_serving: bool) {
    let measured = requests(text);
    let mut table = table(&["method", "route", "status", "sent", "measured", "mean ms"]);
    let sent = sent.lock().map(|sent| sent.clone()).unwrap_or_default();
    for ((method, route, status), count) in &sent {
        let labels = [("method", method.as_str()), ("route", route), ("status", &status.to_string())];
        let seconds = sum(text, "http_server_request_duration_seconds_sum", &labels);
        let found = measured.get(&(method.clone(), route.clone(), *status)).copied().unwrap_or_default();
        let mean = if found > 0.0 { format!("{:.2}", seconds / found * 1e3) } else { String::new() };
        table.add_row([method, route, &status.to_string(), &count.to_string(), &found.to_string(), &mean]);
    }
    let all: u64 = sent.values().sum();
    let all_measured = sum(text, "http_server_requests_total", &[]);
    table.add_row(["", "all", "", &all.to_string(), &all_measured.to_string(), ""]);
    say!("{table}\n");

    let mut table = self::table(&["metric", "value"]);
    for (what, name) in [
        ("SQL statements", "db_query_duration_seconds_count"),
        ("users registered", "users_registrations_total"),
        ("tests started", "test_sessions_started_total"),
        ("tests completed", "test_sessions_completed_total"),
        ("tests abandoned", "test_sessions_abandoned_total"),
        ("tests in progress", "test_sessions_active"),
        ("questions served", "questions_served_total"),
        ("questions generated", "questions_generated_total"),
    ] {
        table.add_row([what, &sum(text, name, &[]).to_string()]);
    }
    say!("{table}\n");
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    say!("{series} series in {} bytes at {base}/metrics", text.len());
    if is_serving {
        say!("  curl {base}/metrics");
        say!("serving until Ctrl-C");
    }
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(head);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The count of each method, route and status.
fn requests(text: &str) -> BTreeMap<(String, String, u16), f64> {
    let mut requests = BTreeMap::new();
    for (labels, value) in samples(text, "http_server_requests_total") {
        let [method, route, status] = ["method", "route", "status"].map(|key| label(labels, key));
        // A request without an answer has no status, and one that went wrong has another series.
        if let (Some(method), Some(route), Some(Ok(status))) = (method, route, status.map(str::parse)) {
            *requests.entry((method.to_owned(), route.to_owned(), status)).or_default() += value;
        }
    }
    requests
}

/// The sum over the series of `name` that have these labels.
fn sum(text: &str, name: &str, wanted: &[(&str, &str)]) -> f64 {
    let has_all = |labels: &str| wanted.iter().all(|(key, value)| label(labels, key) == Some(value));
    samples(text, name).filter(|(labels, _)| has_all(labels)).map(|(_, value)| value).sum::<f64>() + 0.0 // the sum of nothing is -0.0
}

/// Labels and value of each sample of `name`, out of our own text, whose label values here hold no quotes.
fn samples<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
    text.lines().filter_map(move |line| {
        let (series, value) = line.rsplit_once(' ')?;
        let labels = series.strip_prefix(name)?.strip_prefix('{')?;
        Some((labels, value.parse().ok()?))
    })
}

fn label<'a>(labels: &'a str, key: &str) -> Option<&'a str> {
    labels.split("\",").find_map(|pair| {
        let value = pair.strip_prefix(key)?.strip_prefix("=\"")?;
        Some(value.strip_suffix("\"}").unwrap_or(value))
    })
}
