//! Why database work came to nothing.

use std::io;

use tokio::task::JoinError;

use super::unusable::Unusable;

/// Why database work came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot make the database file")]
    Create(#[source] io::Error),
    #[error("cannot open the database")]
    Open(#[source] rusqlite::Error),
    #[error("the database has schema version {found}, and this program knows only {known}: run a newer one")]
    TooNew { found: usize, known: usize },
    #[error("there is no room for the files beside the database")]
    NoRoom(#[source] io::Error),
    #[error("SQLite made no log beside the database: use a file system that can hold one, on a disk of this machine")]
    NoLog(#[source] io::Error),
    #[error("no connection or write lock was free in time")]
    Timeout,
    #[error("the database cannot be used: {why}")]
    Unusable { why: Unusable, source: Option<rusqlite::Error> },
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    #[error("database work did not end")]
    Ended(#[from] JoinError),
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

impl Error {
    fn of(error: rusqlite::Error, otherwise: fn(rusqlite::Error) -> Self) -> Self {
        match Unusable::of(&error) {
            Some(why) => Self::Unusable { why, source: Some(error) },
            None => otherwise(error),
        }
    }

    /// In a word, for whoever may not see the rest.
    pub(super) fn why(&self) -> Unusable {
        match self {
            Self::Unusable { why, .. } => *why,
            _ => Unusable::Failed,
        }
    }

    pub(super) fn opening(error: rusqlite::Error) -> Self {
        Self::of(error, Self::Open)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::of(error, Self::Sqlite)
    }
}

impl From<Unusable> for Error {
    fn from(why: Unusable) -> Self {
        Self::Unusable { why, source: None }
    }
}
