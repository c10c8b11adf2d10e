//! People who use the service, over its own HTTP interface.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::Sent;
use crate::commands::Outcome;

/// Sends exactly `requests` requests, from `visitors` at a time, and shows how far it got.
pub(super) async fn visit(base: &str, service_key: &str, requests: u64, visitors: u64) -> Outcome<Sent> {
    let bar = ProgressBar::new(requests);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} requests, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let sent = Sent::default();
    let run = getrandom::u64()?;
    let left = Arc::new(AtomicU64::new(requests));
    let mut people = tokio::task::JoinSet::new();
    for number in 0..visitors {
        let visitor = Visitor {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base: base.to_owned(),
            service_key: service_key.to_owned(),
            number,
            run,
            token: None,
            left: Arc::clone(&left),
            sent: Arc::clone(&sent),
            bar: bar.clone(),
        };
        people.spawn(visitor.come_and_go());
    }
    while let Some(person) = people.join_next().await {
        person??;
    }
    bar.finish_and_clear();
    Ok(sent)
}

/// What a scrape gets.
pub(super) async fn scrape(base: &str) -> Outcome<String> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(format!("{base}/metrics").parse()?).await?;
    Ok(String::from_utf8(answer.into_body().collect().await?.to_bytes().into())?)
}

struct Visitor {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    service_key: String,
    number: u64,
    /// Another in each run, whose visitors may meet those of an earlier one in the database.
    run: u64,
    token: Option<String>,
    left: Arc<AtomicU64>,
    sent: Sent,
    bar: ProgressBar,
}

/// No request is left to send.
struct Enough;

impl Visitor {
    async fn come_and_go(mut self) -> Outcome<()> {
        for round in 0.. {
            match self.visit(round).await? {
                Ok(()) => {}
                Err(Enough) => break,
            }
        }
        Ok(())
    }

    /// One person: registers, takes a test or gives up, and looks around. Every fourth also gets something wrong.
    async fn visit(&mut self, round: u64) -> Outcome<Result<(), Enough>> {
        macro_rules! ask {
            ($method:ident, $route:expr, $path:expr, $body:expr) => {
                match self.ask(Method::$method, $route, $path, $body).await? {
                    Ok(answer) => answer,
                    Err(Enough) => return Ok(Err(Enough)),
                }
            };
        }
        let person = round * 1000 + self.number;
        let email = format!("visitor-{:x}-{person}@example.com", self.run);
        self.token = None;
        let registration =
            json!({ "email": email, "password": "correct horse battery", "first_name": "Ada", "last_name": "Byron" });
        let registered = ask!(POST, "/auth/register", "/auth/register", Some(registration));
        self.token = registered["access_token"].as_str().map(str::to_owned);
        if person.is_multiple_of(4) {
            let wrong = json!({ "email": email, "password": "not this one" });
            ask!(POST, "/auth/login", "/auth/login", Some(wrong));
            ask!(POST, "/test/start", "/test/start?question_count=1000", None);
            ask!(GET, "_unmatched", &format!("/wp-login-{person}.php"), None);
        }
        let login = json!({ "email": email, "password": "correct horse battery" });
        ask!(POST, "/auth/login", "/auth/login", Some(login));

        let count = 5 + person % 4 * 5;
        let started = ask!(POST, "/test/start", &format!("/test/start?question_count={count}"), None);
        ask!(GET, "/test/active", "/test/active", None);
        if person % 5 == 3 {
            let path = format!("/test/{}/abandon", started["session"]["id"]);
            ask!(POST, "/test/{id}/abandon", &path, None);
        } else {
            let submitted = ask!(POST, "/test/submit", "/test/submit", Some(answers(&started)));
            ask!(GET, "/test/results/{id}", &format!("/test/results/{}", submitted["result"]["id"]), None);
        }
        ask!(GET, "/test/history", "/test/history?limit=5", None);
        if person.is_multiple_of(16) {
            let run = json!({ "count": 2, "types": ["logic", "math"] });
            ask!(POST, "/admin/generation-runs", "/admin/generation-runs", Some(run));
        }
        ask!(GET, "/health", "/health", None);
        Ok(Ok(()))
    }

    async fn ask(
        &self,
        method: Method,
        route: &str,
        path: &str,
        body: Option<Value>,
    ) -> Outcome<Result<Value, Enough>> {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if taken.is_err() {
            return Ok(Err(Enough));
        }
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header("x-service-key", &self.service_key);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let answer = self.client.request(request.body(Full::new(body))?).await?;
        let status: StatusCode = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        let route = if route.starts_with('/') { format!("{}{route}", path_of(&self.base)) } else { route.to_owned() };
        let key = (method.to_string(), route, status.as_u16());
        if let Ok(mut sent) = self.sent.lock() {
            *sent.entry(key).or_default() += 1;
        }
        self.bar.inc(1);
        Ok(Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

/// The prefix of a base such as `http://127.0.0.1:8000/v1`.
fn path_of(base: &str) -> &str {
    let after_scheme = base.find("://").map_or(0, |at| at + 3);
    base[after_scheme..].find('/').map_or("", |at| &base[after_scheme + at..])
}

/// Each question's first option.
fn answers(started: &Value) -> Value {
    let questions = started["questions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let responses: Vec<Value> = questions
        .iter()
        .map(|question| json!({ "question_id": question["id"], "user_answer": question["answer_options"][0] }))
        .collect();
    json!({ "session_id": started["session"]["id"], "responses": responses })
}
