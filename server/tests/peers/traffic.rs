//! Requests of every kind, and what the service must have counted when they are answered.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, first_options, registration, text, unused_email},
    exposition::{self, Metrics, Series},
    server::SERVICE_KEY,
};

/// The counts that a series must have. Those of the scope are not among the labels.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally(pub(crate) BTreeMap<Series, i64>);

impl Tally {
    fn add(&mut self, name: &str, labels: &[(&str, &str)], count: i64) {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        *self.0.entry(Series { name: name.to_owned(), labels }).or_default() += count;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (series, count) in other.0 {
            *self.0.entry(series).or_default() += count;
        }
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> i64 {
        self.named("http_server_requests_total").values().sum()
    }

    /// The counts of all series of this name, by their labels.
    pub(crate) fn named(&self, name: &str) -> BTreeMap<BTreeMap<String, String>, i64> {
        let series = self.0.iter().filter(|(series, _)| series.name == name);
        series.map(|(series, count)| (series.labels.clone(), *count)).collect()
    }

    /// The same series in what was exported, the service's answers about its metrics left out.
    pub(crate) fn of(&self, metrics: &Metrics) -> Self {
        let mut tally = Self::default();
        for (mut series, value) in exposition::settled(metrics.clone()) {
            series.labels.retain(|key, _| !key.starts_with("otel_scope_"));
            let count = match value {
                exposition::Value::Number(number) => number as i64,
                exposition::Value::Histogram { count, .. } => {
                    series.name.push_str("_count");
                    count as i64
                }
            };
            if self.0.keys().any(|wanted| wanted.name == series.name) {
                assert!(tally.0.insert(series, count).is_none());
            }
        }
        tally
    }
}

/// Several people at once, each followed by someone who looks for so many paths that do not exist.
pub(crate) fn crowd(address: SocketAddr, people: usize, unmatched: usize) -> Tally {
    let visitors: Vec<_> = (0..people).map(|_| thread::spawn(move || visit(address, unmatched))).collect();
    let mut tally = Tally::default();
    for visitor in visitors {
        tally.merge(visitor.join().unwrap());
    }
    tally
}

/// One of everything.
pub(crate) fn visit(address: SocketAddr, unmatched: usize) -> Tally {
    let mut visitor = Visitor { client: Client::new(address), tally: Tally::default() };
    visitor.sign_up();
    visitor.look_around(unmatched);
    visitor.take_a_fixed_test();
    visitor.abandon_an_adaptive_test();
    visitor.finish_an_adaptive_test();
    visitor.leave_in_the_middle_of_a_test();
    visitor.generate_questions();
    visitor.ask("POST", "/auth/logout", "/auth/logout", None, 204);
    visitor.tally
}

struct Visitor {
    client: Client,
    tally: Tally,
}

impl Visitor {
    fn ask(&mut self, method: &str, path: &str, route: &str, body: Option<Value>, status: u16) -> Value {
        // A POST has a body, even if it is empty.
        let body = body.map(|body| body.to_string()).or((method == "POST").then(String::new));
        let answer = self.client.try_ask(method, path, body).unwrap();
        let route = if route == "_unmatched" { route.to_owned() } else { format!("/v1{route}") };
        let labels = [("method", method), ("route", &route), ("status", &answer.status.to_string())];
        self.tally.add("http_server_requests_total", &labels, 1);
        self.tally.add("http_server_request_duration_seconds_count", &labels, 1);
        answer.expect(status)
    }

    fn sign_up(&mut self) {
        let email = unused_email();
        self.ask("POST", "/auth/register", "/auth/register", Some(registration("nobody")), 422);
        let body = self.ask("POST", "/auth/register", "/auth/register", Some(registration(&email)), 201);
        self.client.token = Some(text(&body["access_token"]));
        self.tally.add("users_registrations_total", &[], 1);
        for (password, status, success) in [(PASSWORD, 200, "true"), ("not the password", 401, "false")] {
            let credentials = json!({ "email": email, "password": password });
            self.ask("POST", "/auth/login", "/auth/login", Some(credentials), status);
            self.tally.add("auth_login_total", &[("auth_success", success)], 1);
        }
    }

    fn look_around(&mut self, unmatched: usize) {
        static USED: AtomicU32 = AtomicU32::new(0);
        self.ask("GET", "/health", "/health", None, 200);
        self.ask("GET", "/ping", "/ping", None, 200);
        self.ask("DELETE", "/ping", "/ping", None, 405);
        self.ask("GET", "/user/profile", "/user/profile", None, 200);
        for number in 0..unmatched {
            // Consecutive numbers times an odd one: each is new, and they look like nothing.
            let name = USED.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B1);
            let method = if number % 3 == 0 { "POST" } else { "GET" };
            self.ask(method, &format!("/{name:08x}/{number}?q={name}"), "_unmatched", None, 404);
        }
    }

    fn take_a_fixed_test(&mut self) {
        let started = self.start("POST", 4, false);
        self.ask("POST", "/test/submit", "/test/submit", Some(first_options(&started)), 200);
        self.completed(false, "4");
    }

    fn abandon_an_adaptive_test(&mut self) {
        let started = self.start("POST", 3, true);
        self.answer(&started);
        self.tally.add("questions_served_total", &[("test_adaptive", "true")], 1);
        let path = format!("/test/{}/abandon", started["session"]["id"]);
        self.ask("POST", &path, "/test/{id}/abandon", None, 200);
        let labels = [("test_adaptive", "true"), ("test_questions_answered", "1")];
        self.tally.add("test_sessions_abandoned_total", &labels, 1);
        self.tally.add("test_sessions_active", &[], -1);
    }

    fn finish_an_adaptive_test(&mut self) {
        let started = self.start("POST", 1, true);
        let stepped = self.answer(&started);
        assert_eq!(stepped["test_complete"], true);
        self.completed(true, "1");
    }

    fn leave_in_the_middle_of_a_test(&mut self) {
        self.start("GET", 2, false);
        self.ask("POST", "/test/start", "/test/start", None, 400);
    }

    fn generate_questions(&mut self) {
        self.client = self.client.with_service_key(SERVICE_KEY);
        let order = json!({ "count": 2, "types": ["math", "memory"], "difficulties": ["hard"] });
        let run = self.ask("POST", "/admin/generation-runs", "/admin/generation-runs", Some(order), 201);
        for cell in run["generated"].as_array().unwrap() {
            let labels = [("question_type", &*text(&cell["type"])), ("question_difficulty", "hard")];
            self.tally.add("questions_generated_total", &labels, cell["count"].as_i64().unwrap());
        }
    }

    fn start(&mut self, method: &str, question_count: u32, adaptive: bool) -> Value {
        let path = format!("/test/start?question_count={question_count}&adaptive={adaptive}");
        let started = self.ask(method, &path, "/test/start", None, 200);
        let adaptive = adaptive.to_string();
        let served = started["questions"].as_array().unwrap().len();
        let labels = [("test_adaptive", &*adaptive), ("test_question_count", &question_count.to_string())];
        self.tally.add("test_sessions_started_total", &labels, 1);
        self.tally.add("test_sessions_active", &[], 1);
        self.tally.add("questions_served_total", &labels[..1], served as i64);
        started
    }

    /// Answers the first question of an adaptive test.
    fn answer(&mut self, started: &Value) -> Value {
        let step = json!({
            "session_id": started["session"]["id"],
            "question_id": started["questions"][0]["id"],
            "user_answer": "no idea",
        });
        self.ask("POST", "/test/next", "/test/next", Some(step), 200)
    }

    fn completed(&mut self, adaptive: bool, question_count: &str) {
        let labels = [("test_adaptive", &*adaptive.to_string()), ("test_question_count", question_count)];
        self.tally.add("test_sessions_completed_total", &labels, 1);
        self.tally.add("test_sessions_duration_seconds_count", &labels, 1);
        self.tally.add("test_iq_score_count", &labels[..1], 1);
        self.tally.add("test_sessions_active", &[], -1);
    }
}
