//! Schemathesis asks for everything that the OpenAPI document allows, and for much that it forbids.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    client::{Client, registration, text},
    exposition::{self, Value as Sample},
    installed::Peer,
    running::Running,
    server::{SCRAPED, SERVICE_KEY, Server},
};

/// Far longer than a run takes, which is bounded by the number of its requests.
const PATIENCE: Duration = Duration::from_secs(300);
const EMAIL: &str = "schemathesis@example.com";
/// These end the token that they come with.
const LAST: &str = "(/auth/logout|/user/delete-account)$";
/// Enough for a user who starts tests all the time to always find some unseen.
const BANK: &str = r#"
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 18000)
    INSERT INTO questions (question_type, difficulty, question_text, options, correct_answer, created_at)
    SELECT '["pattern","logic","spatial","math","verbal","memory"]' ->> (i % 6), '["easy","medium","hard"]' ->> (i / 6 % 3),
           'question ' || i, '["a","b","c","d"]', 'a', 0
    FROM n"#;

/// How many answers there were, by method, route and status.
type Answers = BTreeMap<(String, String, String), i64>;

pub(crate) fn schemathesis_finds_no_fault() {
    let server = Server::start(&SCRAPED);
    let client = Client::new(server.address);
    let document = client.get("/openapi.json").expect(200);
    let user = client.post("/auth/register", &registration(EMAIL)).expect(201);
    rusqlite::Connection::open(server.database()).unwrap().execute(BANK, []).unwrap();

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schemathesis.toml"), include_str!("schemathesis/schemathesis.toml")).unwrap();
    fs::write(folder.path().join("hooks.py"), include_str!("schemathesis/hooks.py")).unwrap();
    let before = answers(&server);
    run(&server, &user, &folder, "--exclude-path-regex");
    run(&server, &user, &folder, "--include-path-regex");

    let mut answers = answers(&server);
    for (answer, count) in before {
        *answers.entry(answer).or_default() -= count;
    }
    // What the hooks asked for is not Schemathesis' own.
    for line in fs::read_to_string(folder.path().join("preparations")).unwrap().lines() {
        let mut words = line.split(' ').map(str::to_owned);
        let [method, route, status] = std::array::from_fn(|_| words.next().unwrap());
        *answers.entry((method, format!("/v1{route}"), status)).or_default() -= 1;
    }
    judge(&document, &answers);
}

/// Those so far, as the metrics show. None of them was a failure of the service.
fn answers(server: &Server) -> Answers {
    let metrics = exposition::parse(&server.scrape());
    assert!(!metrics.keys().any(|series| series.name == "app_errors_total"), "failures were counted");
    let requests = metrics.iter().filter(|(series, _)| series.name == "http_server_requests_total");
    let counted = requests.map(|(series, value)| {
        let label = |name: &str| series.labels.get(name).cloned().unwrap_or_default();
        let Sample::Number(count) = value else { panic!("{series:?}") };
        ((label("method"), label("route"), label("status")), *count as i64)
    });
    counted.collect()
}

/// Runs it for the operations that end no token, or for those that do.
fn run(server: &Server, user: &Value, folder: &TempDir, which: &str) {
    let base = format!("http://{}/v1", server.address);
    let mut command = Command::new(Peer::Schemathesis.expect());
    command
        .env_clear()
        .current_dir(folder.path())
        .args(["-m", "schemathesis.cli", "run", "--no-color", which, LAST])
        .arg(format!("{base}/openapi.json"))
        .env("BASE_URL", base)
        .env("EMAIL", EMAIL)
        .env("ACCESS_TOKEN", text(&user["access_token"]))
        .env("REFRESH_TOKEN", text(&user["refresh_token"]))
        .env("SERVICE_KEY", SERVICE_KEY)
        .env("PREPARATIONS", folder.path().join("preparations"));
    let mut running = Running::start(command);
    let start = Instant::now();
    let status = loop {
        match running.has_ended() {
            Some(status) => break status,
            None => assert!(start.elapsed() < PATIENCE, "it does not end: {:#?}", running.stdout.lines()),
        }
        thread::sleep(Duration::from_millis(50));
    };
    assert!(status.success(), "{which}: {}", running.said().join("\n"));
}

/// No answer was a failure, each one is in the document, and each operation has succeeded at least once.
fn judge(document: &Value, answers: &Answers) {
    for ((method, route, status), count) in answers.iter().filter(|(_, count)| **count > 0) {
        assert!(!status.starts_with('5'), "{count} times {status}: {method} {route}");
        let path = route.strip_prefix("/v1").unwrap_or_default();
        let operation = &document["paths"][path][method.to_lowercase()];
        let is_documented = operation.is_null() || operation["responses"][status].is_object();
        assert!(is_documented, "{status} is not in the document: {method} {route}");
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let succeeded: i64 = answers
                .iter()
                .filter(|((asked, route, status), _)| {
                    asked.eq_ignore_ascii_case(method) && *route == format!("/v1{path}") && status.starts_with('2')
                })
                .map(|(_, count)| count)
                .sum();
            assert!(succeeded > 0, "{method} {path} was never answered 2xx: {answers:#?}");
        }
    }
}
