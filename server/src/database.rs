//! The SQLite file: a pool of connections, one writer at a time, and work that never blocks the async runtime.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use picometer_std::instrument::pool::POOL;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::{sync::Mutex, task::JoinError};
use tokio_util::task::TaskTracker;

use crate::config::DatabaseUrl;

mod connection;
pub(crate) mod migrate;

use connection::{LogPoolErrors, SqliteFile};

/// What an observer wants to be told about.
pub struct Hooks {
    /// Called once with each new connection, after it is configured. rusqlite's trace hooks go here.
    pub on_connect: fn(&mut Connection) -> rusqlite::Result<()>,
    /// Told of each connection made, lent, returned or not to be had in time.
    pub pool_events: Box<dyn r2d2::HandleEvent>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { on_connect: |_| Ok(()), pool_events: Box::new(r2d2::NopEventHandler) }
    }
}

/// Why database work came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot make the database file")]
    Create(#[source] io::Error),
    #[error("cannot open the database")]
    Open(#[source] rusqlite::Error),
    #[error("the database has schema version {found}, and this program knows only {known}: run a newer one")]
    TooNew { found: usize, known: usize },
    #[error("no connection or write lock was free in time")]
    Timeout,
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("database work did not end")]
    Ended(#[from] JoinError),
}

/// A handle to the database; clones share the pool.
#[derive(Clone)]
pub struct Database {
    pool: r2d2::Pool<SqliteFile>,
    /// Held by the one writer. SQLite has a single write lock and waits for it by polling, in no fair order, with a
    /// connection in hand. Queueing here instead is first come, first served, and leaves the connections to readers.
    writer: Arc<Mutex<()>>,
    /// Work that runs, whether or not anybody still waits for it.
    work: TaskTracker,
    timeout: Duration,
}

impl Database {
    /// Opens the file, making it and its tables if need be, and fills the pool. Blocks.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, is not a database, or was made by a newer program.
    pub fn open(url: &DatabaseUrl, pool_size: u32, timeout: Duration, hooks: Hooks) -> Result<Self, Error> {
        create_private(url.path()).map_err(Error::Create)?;
        let file = SqliteFile::new(url.path(), timeout, hooks.on_connect);
        migrate::run(&mut r2d2::ManageConnection::connect(&file).map_err(Error::Open)?)?;
        let pool = r2d2::Pool::builder()
            .max_size(pool_size)
            .connection_timeout(timeout)
            // A file does not go away between two uses; the check would be a statement more on each.
            .test_on_check_out(false)
            .event_handler(hooks.pool_events)
            .error_handler(Box::new(LogPoolErrors))
            .build(file)
            .map_err(|_| Error::Timeout)?;
        Ok(Self { pool, writer: Arc::default(), work: TaskTracker::new(), timeout })
    }

    /// Runs `work` with a connection, on a thread that may block. For reading.
    ///
    /// # Errors
    ///
    /// Those of `work`, and [`Error::Timeout`] when no connection is free in time.
    pub async fn run<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let pool = self.pool.clone();
        let span = tracing::Span::current();
        self.blocking(move || span.in_scope(|| work(&*checkout(&pool)?))).await
    }

    /// Runs `work` in a transaction that may write; commits when it succeeds and then calls `committed`, on the same
    /// thread. A caller who goes away while this runs changes nothing: what is committed is also told to `committed`.
    ///
    /// # Errors
    ///
    /// Those of `work`, whose changes are then rolled back, and [`Error::Timeout`] when it is not its turn in time.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        committed: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = tokio::time::timeout(self.timeout, Arc::clone(&self.writer).lock_owned())
            .await
            .map_err(|_| E::from(Error::Timeout))?;
        let pool = self.pool.clone();
        let span = tracing::Span::current();
        self.blocking(move || {
            let _turn = turn;
            span.in_scope(|| {
                let mut connection = checkout(&pool)?;
                // IMMEDIATE takes the write lock at once: a transaction that reads first and then writes could find
                // that another process wrote in between, and would have to be run again.
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::Sqlite)?;
                let outcome = work(&transaction)?;
                transaction.commit().map_err(Error::Sqlite)?;
                committed(&outcome);
                Ok(outcome)
            })
        })
        .await
    }

    /// Waits until no work runs, also none that its caller gave up, and no longer than the limit.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] when some still runs then.
    pub async fn settle(&self, limit: Duration) -> Result<(), Error> {
        self.work.close();
        tokio::time::timeout(limit, self.work.wait()).await.map_err(|_| Error::Timeout)
    }

    async fn blocking<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.work.spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::Ended(error).into()))
    }

    /// How many connections the pool holds, and how many of them are idle.
    pub fn pool_state(&self) -> r2d2::State {
        self.pool.state()
    }

    /// The most connections the pool will hold.
    pub fn pool_size(&self) -> u32 {
        self.pool.max_size()
    }
}

fn checkout(pool: &r2d2::Pool<SqliteFile>) -> Result<r2d2::PooledConnection<SqliteFile>, Error> {
    let _waiting = POOL.waiting();
    pool.get().map_err(|_| Error::Timeout)
}

/// Makes the file if there is none, readable by its owner only: it will hold password hashes. SQLite gives the files it
/// puts beside it the same mode.
fn create_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A file beside the database, its name with `suffix` appended.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
