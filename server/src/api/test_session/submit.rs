//! `/test/submit`: all answers of a fixed test.

use std::collections::HashMap;

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{complete, in_progress, record_completed};
use crate::{
    api::{
        error::ApiError,
        extract::{Authenticated, Body},
        fields::{whole, whole_or_null},
        issue::{Checks, Issue},
    },
    state::AppState,
    store::{responses, results::TestResult, sessions::Session},
};

const LONGEST_ANSWER: usize = 1000;

#[derive(Deserialize)]
pub(crate) struct Submission {
    #[serde(deserialize_with = "whole")]
    session_id: i64,
    responses: Vec<Answer>,
    #[serde(default)]
    time_limit_exceeded: bool,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(deserialize_with = "whole")]
    pub(super) question_id: i64,
    pub(super) user_answer: String,
    #[serde(default, deserialize_with = "whole_or_null")]
    pub(super) time_spent_seconds: Option<u32>,
}

impl Answer {
    pub(super) fn check(&self, at: &[Value], checks: &mut Checks) {
        let mut issue = |field: &str, msg: String, kind| {
            checks.add(Issue::new(at.iter().cloned().chain([field.into()]), msg, kind));
        };
        if self.user_answer.trim().is_empty() || self.user_answer.chars().count() > LONGEST_ANSWER {
            issue("user_answer", format!("must have 1 to {LONGEST_ANSWER} characters"), "string_length");
        }
        if self.time_spent_seconds.is_some_and(|seconds| seconds > 86_400) {
            issue("time_spent_seconds", "must be from 0 to 86400".to_owned(), "out_of_range");
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Submitted {
    session: Session,
    result: TestResult,
    responses_count: usize,
    message: &'static str,
}

pub(crate) async fn submit(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Body(submission): Body<Submission>,
) -> Result<Json<Submitted>, ApiError> {
    check(&submission)?;
    let submitted = state
        .database
        .write(
            move |db| finish(db, user.id, &submission),
            |submitted| record_completed(&submitted.session, &submitted.result),
        )
        .await?;
    Ok(Json(submitted))
}

fn check(submission: &Submission) -> Result<(), ApiError> {
    let mut checks = Checks::default();
    // Time may run out before the first answer; otherwise an empty submission is a client's mistake.
    if submission.responses.is_empty() && !submission.time_limit_exceeded {
        checks.add(Issue::new(["body", "responses"], "must hold at least one response", "too_short"));
    }
    for (index, answer) in submission.responses.iter().enumerate() {
        answer.check(&["body".into(), "responses".into(), index.into()], &mut checks);
    }
    checks.finish()
}

fn finish(db: &Connection, user_id: i64, submission: &Submission) -> Result<Submitted, ApiError> {
    let session = in_progress(db, user_id, submission.session_id)?;
    if session.adaptive {
        return Err(ApiError::bad_request("This test is adaptive: answer it with /test/next"));
    }
    let served = responses::served(db, session.id)?;
    let mut open: HashMap<_, _> = served.iter().map(|question| (question.question_id, question)).collect();
    for answer in &submission.responses {
        // Taken out, so that a second answer to it finds nothing.
        let question = open.remove(&answer.question_id).ok_or_else(|| {
            let id = answer.question_id;
            ApiError::bad_request(format!("Question {id} was not served in this session, or is answered twice"))
        })?;
        let correct = question.accepts(&answer.user_answer);
        responses::insert(db, session.id, answer.question_id, &answer.user_answer, correct, answer.time_spent_seconds)?;
    }
    let (session, result) = complete(db, &session, submission.time_limit_exceeded)?;
    Ok(Submitted { session, result, responses_count: submission.responses.len(), message: "Test completed" })
}
