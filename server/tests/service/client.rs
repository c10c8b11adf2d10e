//! Asks the service like a client would.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};
use ureq::{Agent, http};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Talks to one server, as one user once it has a token.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    pub(crate) token: Option<String>,
    service_key: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { agent: agent(), base: format!("http://{address}/v1"), token: None, service_key: None }
    }

    /// Registers a new user and goes on as that user.
    pub(crate) fn registered(address: SocketAddr) -> Self {
        let mut client = Self::new(address);
        let answer = client.post("/auth/register", &registration(&unused_email())).expect(201);
        client.token = Some(text(&answer["access_token"]));
        client
    }

    /// The same on a connection of its own. The service closes one when it has answered before it read the body.
    pub(crate) fn reconnected(&self) -> Self {
        Self { agent: agent(), ..self.clone() }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) fn with_service_key(&self, key: &str) -> Self {
        Self { service_key: Some(key.to_owned()), ..self.clone() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_ask("GET", path, None).unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.try_ask("DELETE", path, None).unwrap()
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.try_ask("PUT", path, Some(body.to_string())).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_raw(path, &body.to_string())
    }

    pub(crate) fn post_raw(&self, path: &str, body: &str) -> Answer {
        self.try_ask("POST", path, Some(body.to_owned())).unwrap()
    }

    pub(crate) fn post_nothing(&self, path: &str) -> Answer {
        self.post_raw(path, "")
    }

    /// An error means that no whole answer came.
    pub(crate) fn try_ask(&self, method: &str, path: &str, body: Option<String>) -> Result<Answer, ureq::Error> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = &self.service_key {
            request = request.header("x-service-key", key);
        }
        let mut response = match body {
            Some(body) => self.agent.run(request.header("content-type", "application/json").body(body)?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = response.body_mut().read_to_string()?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    pub(crate) fn start_test(&self, question_count: u32) -> Value {
        self.post_nothing(&format!("/test/start?question_count={question_count}")).expect(200)
    }
}

fn agent() -> Agent {
    Agent::new_with_config(Agent::config_builder().http_status_as_error(false).build())
}

impl Answer {
    /// The body, when the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The detail, when the status is this one.
    #[track_caller]
    pub(crate) fn detail(self, status: u16) -> String {
        text(&self.expect(status)["detail"])
    }

    /// Where the issues of a 422 are, as `body.email`.
    #[track_caller]
    pub(crate) fn issues(self) -> Vec<String> {
        let body = self.expect(422);
        let issues = body["detail"].as_array().unwrap();
        assert!(issues.iter().all(|issue| issue["msg"].is_string() && issue["type"].is_string()), "{body}");
        let plain = |segment: &Value| segment.as_str().map_or_else(|| segment.to_string(), str::to_owned);
        issues
            .iter()
            .map(|issue| issue["loc"].as_array().unwrap().iter().map(plain).collect::<Vec<_>>().join("."))
            .collect()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

pub(crate) fn unused_email() -> String {
    static USED: AtomicU32 = AtomicU32::new(0);
    format!("person{}@example.com", USED.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn registration(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron" })
}

/// A submission that gives each question of a started test its first option.
pub(crate) fn first_options(started: &Value) -> Value {
    let responses: Vec<Value> = started["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|question| json!({ "question_id": question["id"], "user_answer": question["answer_options"][0] }))
        .collect();
    json!({ "session_id": started["session"]["id"], "responses": responses })
}
