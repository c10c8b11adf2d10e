//! How a connection is made.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

/// What r2d2 asks for connections to one file.
pub(super) struct SqliteFile {
    path: PathBuf,
    busy_timeout: Duration,
    on_connect: fn(&mut Connection) -> rusqlite::Result<()>,
}

impl SqliteFile {
    pub(super) fn new(
        path: &Path,
        busy_timeout: Duration,
        on_connect: fn(&mut Connection) -> rusqlite::Result<()>,
    ) -> Self {
        Self { path: path.to_owned(), busy_timeout, on_connect }
    }
}

impl r2d2::ManageConnection for SqliteFile {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Connection> {
        let mut connection = open(&self.path, self.busy_timeout)?;
        // Readers and the writer do not wait for each other.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // NORMAL would outlive the end of the process, since the kernel holds the log by then, but may lose the last
        // commits with the power. What has been answered to somebody must be kept, so every commit is synced.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        (self.on_connect)(&mut connection)?;
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        connection.execute_batch("")
    }

    fn has_broken(&self, _: &mut Connection) -> bool {
        false
    }
}

/// Opens the file, which must be there, as it is.
pub(super) fn open(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    // Without SQLITE_OPEN_URI, so that a file whose name begins with `file:` is just that.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy_timeout)?;
    Ok(connection)
}

#[derive(Debug)]
pub(super) struct LogPoolErrors;

impl r2d2::HandleError<rusqlite::Error> for LogPoolErrors {
    fn handle_error(&self, error: rusqlite::Error) {
        tracing::error!(%error, "cannot open a database connection");
        crate::metrics::record_error(crate::metrics::ErrorType::Database, None);
    }
}
