//! What a client, and the checks, want of an answer; the rest is only read over.

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) detail: Option<IgnoredAny>,
    pub(super) access_token: Option<String>,
    pub(super) refresh_token: Option<String>,
    pub(super) user: Option<User>,
    pub(super) session: Option<Numbered>,
    pub(super) questions: Option<Vec<Numbered>>,
    pub(super) next_question: Option<Numbered>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) email: String,
}

#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) id: i64,
}
