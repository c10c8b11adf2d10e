//! What is wrong with a request, told field by field.

use serde::Serialize;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::error::ApiError;

/// One thing wrong: where, what, and of which kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Issue {
    loc: Vec<Value>,
    msg: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Issue {
    pub(crate) fn new(
        loc: impl IntoIterator<Item = impl Into<Value>>,
        msg: impl Into<String>,
        kind: &'static str,
    ) -> Self {
        Self { loc: loc.into_iter().map(Into::into).collect(), msg: msg.into(), kind }
    }

    /// What serde says about a value of the `part` of a request.
    pub(crate) fn from_serde(part: &'static str, path: &Path, message: &str) -> Self {
        let mut loc = vec![Value::from(part)];
        loc.extend(path.iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Value::from(*index)),
            Segment::Map { key } => Some(Value::from(key.as_str())),
            Segment::Enum { .. } | Segment::Unknown => None,
        }));
        // serde_json appends the position, which says little about a document of one line.
        let message = message.split(" at line ").next().unwrap_or(message);
        // A missing field is not on the path, since there is nothing to walk into; its name is in the message alone.
        if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            loc.push(Value::from(field));
            return Self { loc, msg: "Field required".to_owned(), kind: "missing" };
        }
        Self { loc, msg: message.to_owned(), kind: "value_error" }
    }
}

/// Collects everything that is wrong with a request, so that a client is told all of it at once.
#[derive(Default)]
pub(crate) struct Checks(Vec<Issue>);

impl Checks {
    pub(crate) fn add(&mut self, issue: Issue) {
        self.0.push(issue);
    }

    /// `text` must have so many characters.
    pub(crate) fn length(&mut self, field: &'static str, text: &str, range: std::ops::RangeInclusive<usize>) {
        if !range.contains(&text.chars().count()) {
            let msg = format!("must have {} to {} characters", range.start(), range.end());
            self.add(Issue::new(["body", field], msg, "string_length"));
        }
    }

    /// `text` must be something to call a person by.
    pub(crate) fn name(&mut self, field: &'static str, text: &str) {
        if text.trim().is_empty() {
            self.add(Issue::new(["body", field], "must not be blank", "string_blank"));
        } else {
            self.length(field, text, 1..=100);
        }
    }

    /// `number` of the `part` of a request must be in the range.
    pub(crate) fn range(
        &mut self,
        part: &'static str,
        field: &'static str,
        number: u32,
        range: std::ops::RangeInclusive<u32>,
    ) {
        if !range.contains(&number) {
            let msg = format!("must be from {} to {}", range.start(), range.end());
            self.add(Issue::new([part, field], msg, "out_of_range"));
        }
    }

    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.0)) }
    }
}
