//! One request, as the fuzzer makes it up.

use arbitrary::Arbitrary;
use serde_json::{Value, json};

pub(super) const GENERATE: &str = "/v1/admin/generation-runs";

pub(super) const START: &str = "/v1/test/start";

pub(super) const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "PROPFIND"];

/// Every route, with the method that it is for.
pub(super) const ROUTES: [(&str, &str); 21] = [
    ("GET", "/v1/health"),
    ("GET", "/v1/ping"),
    ("GET", "/v1/metrics"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/auth/register"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/auth/logout"),
    ("GET", "/v1/user/profile"),
    ("PUT", "/v1/user/profile"),
    ("DELETE", "/v1/user/delete-account"),
    ("GET", "/v1/questions/unseen"),
    ("POST", START),
    ("POST", "/v1/test/next"),
    ("POST", "/v1/test/submit"),
    ("GET", "/v1/test/active"),
    ("GET", "/v1/test/history"),
    ("GET", "/v1/test/session/{id}"),
    ("GET", "/v1/test/results/{id}"),
    ("POST", "/v1/test/{id}/abandon"),
    ("POST", GENERATE),
];

/// One request.
#[derive(Arbitrary, Debug)]
pub struct Call {
    pub(super) route: u8,
    /// Zero to 239: the method of the route.
    pub(super) method: u8,
    /// Instead of the route.
    pub(super) path: Option<Vec<u8>>,
    pub(super) id: Id,
    pub(super) query: Vec<(Field, Scalar)>,
    pub(super) credentials: Credentials,
    pub(super) body: Sent,
}

#[derive(Arbitrary, Debug)]
pub(super) enum Id {
    /// Of the session that was started last, or is started for this.
    Last,
    Small(u8),
    Any(i64),
    Text(String),
}

#[derive(Arbitrary, Debug)]
pub(super) enum Credentials {
    /// Those of a user.
    User,
    None,
    ServiceKey,
    Refresh,
    Bearer(String),
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
pub(super) enum Sent {
    Nothing,
    /// What the endpoint wants, with some fields replaced.
    Good(Vec<(Field, Scalar)>),
    Fields(Vec<(Field, Scalar)>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub(super) enum Field {
    Email,
    Password,
    FirstName,
    LastName,
    RefreshToken,
    SessionId,
    QuestionId,
    UserAnswer,
    TimeSpentSeconds,
    TimeLimitExceeded,
    Responses,
    Count,
    Types,
    Difficulties,
    QuestionCount,
    Adaptive,
    Limit,
    Offset,
    Other,
}

impl Field {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Password => "password",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::RefreshToken => "refresh_token",
            Self::SessionId => "session_id",
            Self::QuestionId => "question_id",
            Self::UserAnswer => "user_answer",
            Self::TimeSpentSeconds => "time_spent_seconds",
            Self::TimeLimitExceeded => "time_limit_exceeded",
            Self::Responses => "responses",
            Self::Count => "count",
            Self::Types => "types",
            Self::Difficulties => "difficulties",
            Self::QuestionCount => "question_count",
            Self::Adaptive => "adaptive",
            Self::Limit => "limit",
            Self::Offset => "offset",
            Self::Other => "other",
        }
    }
}

#[derive(Arbitrary, Debug)]
pub(super) enum Scalar {
    Small(u8),
    Whole(i64),
    Fraction(f64),
    Truth(bool),
    Text(String),
    Null,
    Empty,
    List(Vec<String>),
    Answers(Vec<(u8, String, u32)>),
}

impl Scalar {
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Small(n) => json!(n),
            Self::Whole(n) => json!(n),
            Self::Fraction(n) => json!(n),
            Self::Truth(truth) => json!(truth),
            Self::Text(text) => json!(text),
            Self::Null => Value::Null,
            Self::Empty => json!({}),
            Self::List(list) => json!(list),
            Self::Answers(answers) => answers
                .iter()
                .map(|(id, answer, seconds)| {
                    json!({ "question_id": id, "user_answer": answer, "time_spent_seconds": seconds })
                })
                .collect(),
        }
    }

    pub(super) fn query(&self) -> String {
        match self {
            Self::Text(text) => percent_encoded(text),
            other => percent_encoded(&other.json().to_string()),
        }
    }
}

pub(super) fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") }
    };
    text.bytes().map(encoded).collect()
}
