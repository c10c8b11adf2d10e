//! The SQL, one file for each thing stored. Functions take a connection, so that a transaction can hold several.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::question::{Difficulty, QuestionType};

pub(crate) mod questions;
pub(crate) mod responses;
pub(crate) mod results;
pub(crate) mod sessions;
pub(crate) mod users;

/// A point in time as it is stored: milliseconds since 1970. Shown to clients as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Time(Timestamp);

impl Time {
    pub(crate) fn now() -> Self {
        Self(Timestamp::now())
    }

    /// How long ago `earlier` was; zero when the clock was set back since.
    pub(crate) fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or_default()
    }
}

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_millisecond().into())
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let milliseconds = value.as_i64()?;
        Timestamp::from_millisecond(milliseconds).map(Self).map_err(|_| FromSqlError::OutOfRange(milliseconds))
    }
}

macro_rules! stored_by_name {
    ($($label:ty),+) => {$(
        impl ToSql for $label {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl FromSql for $label {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map_err(FromSqlError::other)
            }
        }
    )+};
}

stored_by_name!(QuestionType, Difficulty, sessions::Status);

// A statement that returns rows checks its foreign keys when it ends: `query_one` runs it to its end, `query_row`
// does not, and would lose the error.

/// Whether a statement failed because it would have broken a UNIQUE rule.
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    has_extended_code(error, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
        || has_extended_code(error, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
}

/// Whether a statement failed because it refers to a row that is not there.
pub(crate) fn is_orphan(error: &rusqlite::Error) -> bool {
    has_extended_code(error, rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

fn has_extended_code(error: &rusqlite::Error, code: std::ffi::c_int) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == code)
}
