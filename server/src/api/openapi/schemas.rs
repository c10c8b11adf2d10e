//! The shapes of what is asked and answered.

use serde_json::{Map, Value, json};

use crate::{
    api::health::CONNECTED,
    database::Unusable,
    question::{Difficulty, QuestionType},
};

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// What the database numbers things with.
pub(super) fn id() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX })
}

/// Every schema by its name.
pub(super) fn all() -> Value {
    let integer = || json!({ "type": "integer" });
    let number = || json!({ "type": "number" });
    let boolean = || json!({ "type": "boolean" });
    let string = || json!({ "type": "string" });
    let text = |least: u32, most: u32| json!({ "type": "string", "minLength": least, "maxLength": most });
    let name = || json!({ "type": "string", "minLength": 1, "maxLength": 100, "pattern": r"\S" });
    let answer = || json!({ "type": "string", "minLength": 1, "maxLength": 1000, "pattern": r"\S" });
    let email = || json!({ "type": "string", "format": "email" });
    let time = || json!({ "type": "string", "format": "date-time" });
    let strings = || json!({ "type": "array", "items": { "type": "string" } });
    let question_type = || names(QuestionType::ALL.iter().map(|kind| kind.as_str()));
    let difficulty = || names(Difficulty::ALL.iter().map(|difficulty| difficulty.as_str()));
    let seconds = || json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 86_400 });

    json!({
        "Health": object([
            ("status", names(["healthy", "unhealthy"])),
            ("timestamp", time()),
            ("service", string()),
            ("version", string()),
            ("database", names([CONNECTED].into_iter().chain(Unusable::ALL.map(Unusable::as_str)))),
        ]),
        "Pong": object([("message", string())]),
        "Document": { "type": "object" },

        "Registration": object([
            ("email", email()),
            ("password", text(8, 128)),
            ("first_name", name()),
            ("last_name", name()),
        ]),
        "Login": object([("email", email()), ("password", string())]),
        "Refresh": optional(object([("refresh_token", string())])),
        "Names": optional(object([("first_name", name()), ("last_name", name())])),
        "Credentials": object([
            ("access_token", string()),
            ("refresh_token", string()),
            ("token_type", json!({ "const": "bearer" })),
            ("user", reference("User")),
        ]),
        "User": object([
            ("id", id()),
            ("email", email()),
            ("first_name", string()),
            ("last_name", string()),
            ("created_at", time()),
            ("last_login_at", nullable(time())),
        ]),

        "Question": object([
            ("id", id()),
            ("question_type", question_type()),
            ("difficulty_level", difficulty()),
            ("stimulus", json!({ "type": ["string", "null"], "description": "Shown first, and then hidden" })),
            ("question_text", string()),
            ("answer_options", strings()),
        ]),
        "UnseenQuestions": object([
            ("questions", list("Question")),
            ("total_count", json!({ "type": "integer", "description": "How many are in this answer" })),
            ("requested_count", integer()),
        ]),

        "Session": object([
            ("id", id()),
            ("user_id", id()),
            ("status", names(["in_progress", "completed", "abandoned"])),
            ("is_adaptive", boolean()),
            ("question_count", integer()),
            ("time_limit_exceeded", boolean()),
            ("started_at", time()),
            ("completed_at", nullable(time())),
        ]),
        "TestResult": object([
            ("id", id()),
            ("test_session_id", id()),
            ("user_id", id()),
            ("iq_score", json!({ "type": "number", "minimum": 40, "maximum": 160 })),
            ("standard_error", json!({ "type": "number", "description": "In IQ points" })),
            ("percentile_rank", number()),
            ("total_questions", integer()),
            ("correct_answers", integer()),
            ("accuracy_percentage", number()),
            ("completion_time_seconds", integer()),
            ("completed_at", time()),
        ]),
        "StartedTest": partly(&["current_theta", "current_se"], object([
            ("session", reference("Session")),
            ("questions", list("Question")),
            ("total_questions", integer()),
            ("current_theta", number()),
            ("current_se", number()),
        ])),
        "Answer": partly(&["time_spent_seconds"], object([
            ("question_id", id()),
            ("user_answer", answer()),
            ("time_spent_seconds", seconds()),
        ])),
        "Step": partly(&["time_spent_seconds"], object([
            ("session_id", id()),
            ("question_id", id()),
            ("user_answer", answer()),
            ("time_spent_seconds", seconds()),
        ])),
        "SteppedTest": object([
            ("session", reference("Session")),
            ("next_question", nullable(reference("Question"))),
            ("result", nullable(reference("TestResult"))),
            ("test_complete", boolean()),
            ("questions_answered", integer()),
            ("current_theta", number()),
            ("current_se", number()),
        ]),
        "Submission": without_answers_only_if_time_ran_out(partly(&["time_limit_exceeded"], object([
            ("session_id", id()),
            ("responses", list("Answer")),
            ("time_limit_exceeded", json!({ "type": "boolean", "default": false })),
        ]))),
        "SubmittedTest": object([
            ("session", reference("Session")),
            ("result", reference("TestResult")),
            ("responses_count", integer()),
            ("message", string()),
        ]),
        "AbandonedTest": object([
            ("session", reference("Session")),
            ("message", string()),
            ("responses_saved", integer()),
        ]),
        "SessionView": object([
            ("session", reference("Session")),
            ("questions_answered", integer()),
            ("questions", nullable(list("Question"))),
        ]),
        "ActiveTest": nullable(reference("SessionView")),
        "History": object([
            ("results", list("TestResult")),
            ("total_count", integer()),
            ("limit", integer()),
            ("offset", integer()),
            ("has_more", boolean()),
        ]),

        "GenerationOrder": closed(optional(object([
            ("count", json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 10 })),
            ("types", json!({ "type": "array", "items": question_type() })),
            ("difficulties", json!({ "type": "array", "items": difficulty() })),
        ]))),
        "GenerationRun": object([("generated", list("Generated"))]),
        "Generated": object([("type", question_type()), ("difficulty", difficulty()), ("count", integer())]),

        "Refusal": partly(&["error_id"], object([("detail", string()), ("error_id", string())])),
        "InternalError": object([("detail", string()), ("error_id", string())]),
        "Issues": object([("detail", list("Issue"))]),
        "Issue": object([
            ("loc", json!({ "type": "array", "items": { "type": ["string", "integer"] } })),
            ("msg", string()),
            ("type", string()),
        ]),
    })
}

/// All properties required.
fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let mut object = json!({ "type": "object", "required": required });
    object["properties"] =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect::<Map<_, _>>().into();
    object
}

/// The same without these among the required properties.
fn partly(optional: &[&str], mut object: Value) -> Value {
    if let Some(required) = object["required"].as_array_mut() {
        required.retain(|name| !name.as_str().is_some_and(|name| optional.contains(&name)));
    }
    object
}

/// The same with nothing required.
fn optional(mut object: Value) -> Value {
    object["required"] = json!([]);
    object
}

/// The same, and no other properties.
fn closed(mut object: Value) -> Value {
    object["additionalProperties"] = false.into();
    object
}

/// The same for a submission: there is a response, or time ran out before the first.
fn without_answers_only_if_time_ran_out(mut object: Value) -> Value {
    object["anyOf"] = json!([
        { "properties": { "responses": { "minItems": 1 } } },
        { "properties": { "time_limit_exceeded": { "const": true } }, "required": ["time_limit_exceeded"] },
    ]);
    object
}

fn list(of: &str) -> Value {
    json!({ "type": "array", "items": reference(of) })
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "enum": names.into_iter().collect::<Vec<_>>() })
}
