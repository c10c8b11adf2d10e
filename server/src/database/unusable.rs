//! Why a database that was opened cannot be used now, and what to do about it.

use rusqlite::ErrorCode;

/// What is wrong with the database as a whole, and not with one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error(
        "its file, or the -wal or -shm file beside it, was deleted or moved, and what is written now would be lost: move the same files back (a copy does not count), or stop the service, move away what is left of the three, restore a backup and start"
    )]
    Missing,
    #[error(
        "its file, or the -wal or -shm file beside it, was replaced, and what is written now would be lost: stop the service, see that no -wal and -shm of another database lie beside the one to be used, and start"
    )]
    Replaced,
    #[error(
        "its file was cut to nothing, and what is written now would be lost: stop the service, move away what is left of it and of its -wal and -shm files, restore a backup and start"
    )]
    Truncated,
    #[error("its file, folder or file system is read-only: make it writable")]
    ReadOnly,
    #[error("its file system is full: free some space")]
    Full,
    #[error("it is locked by another transaction that does not end: find the process that holds it")]
    Locked,
    #[error(
        "its files cannot be opened, read or written: look at the disk, at the modes of the files and of their folder, and at the limit on the size of files"
    )]
    Io,
    #[error("it did not answer in time: look at the disk")]
    NoAnswer,
    #[error("a trial write failed")]
    Failed,
}

impl Unusable {
    /// The word that readiness answers with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Replaced => "replaced",
            Self::Truncated => "truncated",
            Self::ReadOnly => "read_only",
            Self::Full => "full",
            Self::Locked => "locked",
            Self::Io => "io_error",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
        }
    }

    pub(crate) const ALL: [Self; 9] = [
        Self::Missing,
        Self::Replaced,
        Self::Truncated,
        Self::ReadOnly,
        Self::Full,
        Self::Locked,
        Self::Io,
        Self::NoAnswer,
        Self::Failed,
    ];

    /// What this error of a statement says of the whole database, if anything.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        match error.sqlite_error_code()? {
            ErrorCode::ReadOnly => Some(Self::ReadOnly),
            ErrorCode::DiskFull => Some(Self::Full),
            ErrorCode::DatabaseBusy => Some(Self::Locked),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Some(Self::Io),
            _ => None,
        }
    }
}
