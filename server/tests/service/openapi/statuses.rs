//! Whatever is asked in whatever wrong way: the status is in the document, and the answer is as its schema says.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use aiq_backend::config::Seconds;
use serde_json::{Value, json};

use super::faults;
use crate::{
    client::{Client, first_options},
    in_process::{SERVICE_KEY, Server},
};

/// One operation of the document.
struct Operation<'a> {
    document: &'a Value,
    path: &'a str,
    method: &'a str,
    description: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, description) in methods.as_object().unwrap() {
            operations.push(Operation { document, path, method, description });
        }
    }
    operations
}

impl Operation<'_> {
    fn has_body(&self) -> bool {
        self.description.get("requestBody").is_some()
    }

    /// Asks with this id and query, and the body if it takes one. Holds the answer against the document. Returns the status.
    fn ask(&self, client: &Client, id: &str, query: &str, body: Option<&str>) -> u16 {
        let body = body.filter(|_| self.has_body()).map(str::to_owned);
        let path = format!("{}{query}", self.path.replace("{id}", id));
        let answer = client.reconnected().try_ask(&self.method.to_uppercase(), &path, body).unwrap();
        self.hold(answer.status, &answer.body);
        answer.status
    }

    fn hold(&self, status: u16, body: &Value) {
        let at = format!("{} {}", self.method, self.path);
        let response = &self.description["responses"][status.to_string()];
        assert!(response.is_object(), "{at}: {status} is not in the document: {body}");
        match response.get("content") {
            None => assert!(body.is_null(), "{at} {status}: {body}"),
            Some(content) => {
                let schema = &content["application/json"]["schema"];
                assert_eq!(faults(self.document, schema, body, "answer"), [""; 0], "{at} {status}");
            }
        }
    }

    /// Begins a body and breaks it off with what is no chunk.
    fn ask_with_a_broken_body(&self, server: &Server, token: &str) -> u16 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let (method, path) = (self.method.to_uppercase(), self.path.replace("{id}", "1"));
        let request = format!(
            "{method} /v1{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nx-service-key: {SERVICE_KEY}\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\nno chunk\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        self.hold(status, &serde_json::from_str(body).unwrap_or(Value::Null));
        status
    }
}

#[test]
fn every_refusal_is_in_the_document() {
    let server = Server::start();
    let document = server.client().get("/openapi.json").expect(200);
    for operation in operations(&document) {
        // A new one each time, since some operations end the token.
        let user = || server.user().with_service_key(SERVICE_KEY);
        operation.ask(&server.client(), "1", "", None);
        operation.ask(&server.client().with_token("no token").with_service_key("no key"), "1", "", Some(""));
        for id in ["x", "0", "-1", "99999999999999999999", "%FF"] {
            operation.ask(&user(), id, "", None);
        }
        for query in ["count=x", "question_count=-1", "adaptive=7", "limit=0", "offset=x", "limit=%FF", "&=&"] {
            operation.ask(&user(), "1", &format!("?{query}"), None);
        }
        for body in ["", "{", "null", "[]", "7", "{}", "\u{0}"] {
            operation.ask(&user(), "1", "", Some(body));
        }
        if operation.has_body() {
            assert_eq!(operation.ask(&user(), "1", "", Some(&"x".repeat(70_000))), 413, "{}", operation.path);
            let status = operation.ask_with_a_broken_body(&server, user().token.as_deref().unwrap());
            assert_eq!(status, 400, "{}", operation.path);
        }
    }
}

#[test]
fn every_failure_is_in_the_document() {
    let server = Server::with(|settings| settings.database_timeout_seconds = Seconds(Duration::from_millis(50)));
    let document = server.client().get("/openapi.json").expect(200);
    let user = server.user().with_service_key(SERVICE_KEY);
    let bodies = [
        json!({ "email": "ada@example.com", "password": "long enough", "first_name": "Ada", "last_name": "Byron" }),
        json!({ "session_id": 1, "question_id": 1, "user_answer": "x", "responses": [], "time_limit_exceeded": true }),
        json!({ "count": 1 }),
    ];
    let ask_all = || {
        let mut statuses = Vec::new();
        for operation in operations(&document) {
            for body in &bodies {
                statuses.push(operation.ask(&user, "1", "", Some(&body.to_string())));
            }
        }
        statuses
    };
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(ask_all().contains(&503));
    other
        .execute_batch("ROLLBACK; ALTER TABLE users RENAME TO people; ALTER TABLE questions RENAME TO riddles")
        .unwrap();
    assert!(ask_all().contains(&500));
}

#[test]
fn what_the_schemas_allow_is_taken_and_what_they_forbid_is_refused() {
    let server = Server::start();
    let document = server.client().get("/openapi.json").expect(200);
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    let is_allowed = |name: &str, body: &Value| faults(&document, &schema(name), body, "body").is_empty();
    let user = server.user();
    // Takes the body if the schema allows it, and says 422 otherwise.
    let agree = |name: &str, body: &Value, status: u16| {
        assert_eq!(status != 422, is_allowed(name, body), "{name}: {status} for {body}");
    };
    for body in [
        json!(null),
        json!({}),
        json!({ "first_name": null }),
        json!({ "last_name": null, "first_name": "Ada" }),
        json!({ "first_name": "" }),
        json!({ "first_name": " " }),
        json!({ "first_name": " Ada " }),
        json!({ "first_name": "x".repeat(101) }),
    ] {
        agree("Names", &body, user.put("/user/profile", &body).status);
    }
    for body in [json!(null), json!({}), json!({ "refresh_token": null }), json!({ "refresh_token": "x" })] {
        agree("Refresh", &body, server.client().post("/auth/refresh", &body).status);
    }
    for body in [
        json!(null),
        json!({ "count": null }),
        json!({ "count": 1, "color": "red" }),
        json!({ "types": [] }),
        json!({ "count": 2.0 }),
        json!({ "count": 2.5 }),
    ] {
        agree(
            "GenerationOrder",
            &body,
            server.client().with_service_key(SERVICE_KEY).post("/admin/generation-runs", &body).status,
        );
    }
    for [responses, time_limit_exceeded] in
        [[json!([]), json!(false)], [json!([]), json!(null)], [json!(null), json!(true)], [json!([]), json!(true)]]
    {
        let started = user.start_test(1);
        let body = json!({
            "session_id": started["session"]["id"], "responses": responses, "time_limit_exceeded": time_limit_exceeded,
        });
        let answer = user.post("/test/submit", &body);
        agree("Submission", &body, answer.status);
        if answer.status != 200 {
            user.post("/test/submit", &first_options(&started)).expect(200);
        }
    }
    let body = json!({ "session_id": 1, "responses": [] });
    agree("Submission", &body, user.post("/test/submit", &body).status);
}
