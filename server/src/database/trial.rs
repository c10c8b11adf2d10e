//! Tries what opening a database takes, and leaves it as it was.

use std::{io::Write, path::Path, time::Duration};

use rusqlite::{TransactionBehavior, config::DbConfig};

use super::{Error, beside, connection, migrate, place::require_writable};
use crate::{plain_file, store::sessions};

/// More than SQLite needs beside a database to begin with: its index of the log takes 32 KiB.
static ROOM: [u8; 64 * 1024] = [0; 64 * 1024];

/// Goes as far as [`Database::open`](super::Database::open), without making or changing anything: what is written is
/// rolled back. Says what was found.
///
/// # Errors
///
/// As those of opening.
pub(crate) fn run(path: &Path, timeout: Duration) -> Result<String, Error> {
    let is_there = plain_file::exists(path).map_err(Error::Create)?;
    match tempfile::tempfile_in(plain_file::folder(path)) {
        Ok(mut file) => file.write_all(&ROOM).and_then(|()| file.sync_all()).map_err(Error::NoRoom)?,
        // Whether the files that are there will do is seen when they are opened.
        Err(_) if is_there => {}
        Err(error) => return Err(Error::Create(error)),
    }
    if !is_there {
        return Ok(format!("{} is not there yet; it will be made", path.display()));
    }
    require_writable(path)?;
    let has_log = path.canonicalize().is_ok_and(|path| beside(&path, "-wal").exists());
    only_files_beside(path)?;
    let mut connection = connection::open(path, timeout).map_err(Error::opening)?;
    // When the last connection is closed, SQLite moves the log into the database, and deletes it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = migrate::version(&transaction)?;
    migrate::advance(&transaction)?;
    // What serving begins with.
    sessions::count_active(&transaction)?;
    transaction.rollback()?;
    Ok(format!("{} can be written, schema version {version}", path.display()))
}

/// Opening a FIFO would wait for ever.
pub(super) fn only_files_beside(path: &Path) -> Result<(), Error> {
    let Ok(path) = path.canonicalize() else { return Ok(()) };
    ["-wal", "-shm", "-journal"]
        .iter()
        .try_for_each(|suffix| plain_file::exists(&beside(&path, suffix)).map(drop))
        .map_err(Error::Create)
}
