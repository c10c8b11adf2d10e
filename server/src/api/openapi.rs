//! The OpenAPI 3.1 document: which endpoints there are, what they take and what they answer.

use std::future::ready;

use axum::{
    body::Bytes,
    http::header::CONTENT_TYPE,
    routing::{MethodRouter, get},
};
use serde_json::{Map, Value, json};

use crate::state::AppState;

mod schemas;

/// Answers with the document, which is written once.
pub(super) fn endpoint(prefix: &str) -> MethodRouter<AppState> {
    let document = Bytes::from(document(prefix).to_string());
    get(move || ready(([(CONTENT_TYPE, "application/json")], document.clone())))
}

fn document(prefix: &str) -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = operation.describe();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": env!("CARGO_PKG_NAME"),
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": if prefix.is_empty() { "/" } else { prefix } }],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "accessToken": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "refreshToken": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "serviceKey": { "type": "apiKey", "in": "header", "name": "X-Service-Key" },
            },
        },
    })
}

struct Operation {
    path: &'static str,
    method: &'static str,
    summary: &'static str,
    /// The name of a security scheme; empty when everybody may ask.
    access: &'static str,
    parameters: &'static [Parameter],
    /// The schema of the body, and whether there must be one.
    body: Option<(&'static str, bool)>,
    status: u16,
    /// The schema of the answer; empty when it has no body.
    answer: &'static str,
    /// Statuses of refusals, beyond those that follow from the rest, and their schema.
    refusals: &'static [u16],
    refusal: &'static str,
}

/// A number or switch in the query, or the id in the path.
enum Parameter {
    Id,
    /// Name, least, most, default.
    Number(&'static str, u32, u32, u32),
    /// Name, default.
    Switch(&'static str, bool),
}

use Parameter::{Id, Number, Switch};

const START: &[Parameter] = &[Number("question_count", 1, 100, 25), Switch("adaptive", false)];
const PAGE: &[Parameter] = &[Number("limit", 1, 100, 50), Number("offset", 0, u32::MAX, 0)];

/// What most operations have in common.
const ANY: Operation = Operation {
    path: "",
    method: "get",
    summary: "",
    access: "",
    parameters: &[],
    body: None,
    status: 200,
    answer: "",
    refusals: &[],
    refusal: "Refusal",
};
const USERS: Operation = Operation { access: "accessToken", ..ANY };

#[rustfmt::skip] // a table
const OPERATIONS: &[Operation] = &[
    Operation { path: "/health", summary: "How the service is", answer: "Health", refusals: &[503], refusal: "Health", ..ANY },
    Operation { path: "/ping", summary: "Whether the service is there", answer: "Pong", ..ANY },
    Operation { path: "/openapi.json", summary: "This document", answer: "Document", ..ANY },
    Operation { path: "/auth/register", method: "post", summary: "Make an account", body: Some(("Registration", true)), status: 201, answer: "Credentials", refusals: &[409], ..ANY },
    Operation { path: "/auth/login", method: "post", summary: "Open an account", body: Some(("Login", true)), answer: "Credentials", refusals: &[401], ..ANY },
    Operation { path: "/auth/refresh", method: "post", summary: "Exchange a refresh token, given in the body or as the bearer token", access: "refreshToken", body: Some(("Refresh", false)), answer: "Credentials", ..ANY },
    Operation { path: "/auth/logout", method: "post", summary: "End every token of the user", status: 204, ..USERS },
    Operation { path: "/user/profile", summary: "The user", answer: "User", ..USERS },
    Operation { path: "/user/profile", method: "put", summary: "Change the user's names", body: Some(("Names", true)), answer: "User", refusals: &[404], ..USERS },
    Operation { path: "/user/delete-account", method: "delete", summary: "Delete the account and all it owns", status: 204, ..USERS },
    Operation { path: "/questions/unseen", summary: "Questions the user was never served", parameters: &[Number("count", 1, 100, 20)], answer: "UnseenQuestions", ..USERS },
    Operation { path: "/test/start", method: "post", summary: "Start a test", parameters: START, answer: "StartedTest", refusals: &[400, 404, 409], ..USERS },
    Operation { path: "/test/start", summary: "Start a test", parameters: START, answer: "StartedTest", refusals: &[400, 404, 409], ..USERS },
    Operation { path: "/test/next", method: "post", summary: "Answer a question of an adaptive test", body: Some(("Step", true)), answer: "SteppedTest", refusals: &[400, 404, 409], ..USERS },
    Operation { path: "/test/submit", method: "post", summary: "Answer a fixed test", body: Some(("Submission", true)), answer: "SubmittedTest", refusals: &[400, 404], ..USERS },
    Operation { path: "/test/{id}/abandon", method: "post", summary: "End a test without a result", parameters: &[Id], answer: "AbandonedTest", refusals: &[400, 404], ..USERS },
    Operation { path: "/test/active", summary: "The test in progress, or null", answer: "ActiveTest", ..USERS },
    Operation { path: "/test/session/{id}", summary: "A test of the user", parameters: &[Id], answer: "SessionView", refusals: &[404], ..USERS },
    Operation { path: "/test/results/{id}", summary: "A result of the user", parameters: &[Id], answer: "TestResult", refusals: &[404], ..USERS },
    Operation { path: "/test/history", summary: "The user's results, newest first", parameters: PAGE, answer: "History", ..USERS },
    Operation { path: "/admin/generation-runs", method: "post", summary: "Generate questions", access: "serviceKey", body: Some(("GenerationOrder", false)), status: 201, answer: "GenerationRun", ..ANY },
];

impl Operation {
    fn describe(&self) -> Value {
        let mut operation = json!({
            "summary": self.summary,
            "operationId": self.id(),
            "responses": self.responses(),
        });
        if !self.access.is_empty() {
            operation["security"] = json!([{ self.access: [] }]);
        }
        if self.access == "refreshToken" {
            // Or no header, but a token in the body.
            operation["security"] = json!([{ self.access: [] }, {}]);
        }
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.iter().map(Parameter::describe).collect();
        }
        if let Some((schema, required)) = self.body {
            operation["requestBody"] = json!({ "required": required, "content": content(schema) });
        }
        operation
    }

    /// `get_test_results_id` for GET /test/results/{id}.
    fn id(&self) -> String {
        let words = self.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.fold(self.method.to_owned(), |id, word| id + "_" + word)
    }

    fn responses(&self) -> Value {
        let mut responses = Map::new();
        let mut refuse = |status: u16, schema: &str| {
            let description = http_reason(status);
            responses.insert(status.to_string(), json!({ "description": description, "content": content(schema) }));
        };
        // The database may be busy, or the service itself.
        if self.path != "/ping" {
            refuse(503, "Refusal");
        }
        self.refusals.iter().for_each(|status| refuse(*status, self.refusal));
        if !self.access.is_empty() {
            refuse(401, "Refusal");
        }
        let has_id = self.parameters.iter().any(|parameter| matches!(parameter, Id));
        if self.body.is_some() || has_id {
            // A body that breaks off, or an id that is no UTF-8.
            refuse(400, "Refusal");
        }
        if self.body.is_some() {
            refuse(408, "Refusal");
            refuse(413, "Refusal");
        }
        if self.body.is_some() || !self.parameters.is_empty() {
            refuse(422, "Issues");
        }
        refuse(500, "InternalError");
        let mut success = json!({ "description": http_reason(self.status) });
        if !self.answer.is_empty() {
            success["content"] = content(self.answer);
        }
        responses.insert(self.status.to_string(), success);
        responses.into()
    }
}

impl Parameter {
    fn describe(&self) -> Value {
        match *self {
            Id => json!({ "name": "id", "in": "path", "required": true, "schema": schemas::id() }),
            Number(name, least, most, default) => {
                let schema = json!({ "type": "integer", "minimum": least, "maximum": most, "default": default });
                json!({ "name": name, "in": "query", "schema": schema })
            }
            Switch(name, default) => {
                json!({ "name": name, "in": "query", "schema": { "type": "boolean", "default": default } })
            }
        }
    }
}

fn content(schema: &str) -> Value {
    json!({ "application/json": { "schema": schemas::reference(schema) } })
}

fn http_reason(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Other")
}
