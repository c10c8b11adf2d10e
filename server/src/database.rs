//! The SQLite file: a pool of connections, one writer at a time, and work that never blocks the async runtime.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::{Duration, Instant},
};

use picometer_std::instrument::pool::POOL;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use crate::{config::DatabaseUrl, plain_file};

mod connection;
mod error;
pub(crate) mod migrate;
mod place;
mod readiness;
pub(crate) mod trial;
mod unusable;

pub use error::Error;
pub use unusable::Unusable;

use connection::{LogPoolErrors, SqliteFile};
use place::{Place, require_writable};
use readiness::Readiness;

/// How long filling the pool may take.
const START: Duration = Duration::from_secs(30);

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
    place: Arc<Place>,
    readiness: Arc<Readiness>,
    /// When it was last seen that the database can be written.
    last_commit: Arc<StdMutex<Option<Instant>>>,
}

impl Database {
    /// Opens the file, making it and its tables if need be, and fills the pool. Blocks.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or written, is not a database, or was made by a newer program.
    pub fn open(url: &DatabaseUrl, pool_size: u32, timeout: Duration, hooks: Hooks) -> Result<Self, Error> {
        create_private(url.path()).map_err(Error::Create)?;
        require_writable(url.path())?;
        trial::only_files_beside(url.path())?;
        let place = Place::of_file(url.path()).map_err(Error::Create)?;
        let file = SqliteFile::new(url.path(), timeout, hooks.on_connect);
        let mut connection = r2d2::ManageConnection::connect(&file).map_err(Error::opening)?;
        migrate::run(&mut connection)?;
        let pool = r2d2::Pool::builder()
            .max_size(pool_size)
            // For the start; `checkout` has its own.
            .connection_timeout(START)
            // A statement more on each use, which would not notice that the file went away.
            .test_on_check_out(false)
            // A connection made later would open whatever is at the path by then.
            .max_lifetime(None)
            .idle_timeout(None)
            .event_handler(hooks.pool_events)
            .error_handler(Box::new(LogPoolErrors))
            .build(file)
            .map_err(|_| Error::Timeout)?;
        let place = Arc::new(place.opened().map_err(Error::NoLog)?);
        place.check()?;
        connection.busy_timeout(readiness::LOCK_PATIENCE).map_err(Error::Open)?;
        let last_commit = Arc::new(StdMutex::new(None));
        let check = {
            let (place, last_commit) = (Arc::clone(&place), Arc::clone(&last_commit));
            move || {
                place.check()?;
                let last: Option<Instant> = *last_commit.lock().unwrap_or_else(PoisonError::into_inner);
                match last.filter(|at| at.elapsed() < readiness::KEPT) {
                    // A request has shown it already; under load, this would only wait for its turn behind requests.
                    Some(at) => Ok(at),
                    None => migrate::rewrite_version(&mut connection).map(|()| Instant::now()),
                }
            }
        };
        let readiness = Arc::new(Readiness::new(check).map_err(Error::Thread)?);
        Ok(Self { pool, writer: Arc::default(), work: TaskTracker::new(), timeout, place, readiness, last_commit })
    }

    /// Whether the database can be written and what is written is kept: its files are those at their paths, and the last
    /// write of the last second, or one made now, was committed. Answers within 250 ms, also when the disk hangs (within a
    /// second when the processors are too busy), and
    /// does not wait for the pool.
    ///
    /// # Errors
    ///
    /// Why not.
    pub async fn ready(&self) -> Result<(), Unusable> {
        self.readiness.ask().await
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
        let (pool, timeout) = (self.pool.clone(), self.timeout);
        let span = tracing::Span::current();
        self.blocking(move || span.in_scope(|| work(&*checkout(&pool, timeout)?))).await
    }

    /// Runs `work` in a transaction that may write; commits when it succeeds and then calls `committed`, on the same
    /// thread. A caller who goes away while this runs changes nothing: what is committed is also told to `committed`.
    ///
    /// # Errors
    ///
    /// Those of `work`, whose changes are then rolled back, [`Error::Timeout`] when it is not its turn in time, and
    /// [`Error::Unusable`] when what is open is no longer what is at the path. When that happens between this check and
    /// the end of the commit, the change is lost and nobody is told.
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
        let database = self.clone();
        let span = tracing::Span::current();
        self.blocking(move || {
            let _turn = turn;
            span.in_scope(|| {
                let mut connection = checkout(&database.pool, database.timeout)?;
                // IMMEDIATE takes the write lock at once: a transaction that reads first and then writes could find
                // that another process wrote in between, and would have to be run again.
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
                let outcome = work(&transaction)?;
                database.commit(transaction)?;
                committed(&outcome);
                Ok(outcome)
            })
        })
        .await
    }

    fn commit(&self, transaction: Transaction<'_>) -> Result<(), Error> {
        if let Err(why) = self.place.check() {
            let error = Error::from(why);
            self.readiness.note_failure(&error);
            return Err(error);
        }
        transaction.commit()?;
        *self.last_commit.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(())
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

    /// For the end: a log at the path whose database is no longer there gets another name, so that it is not taken for the
    /// log of the database that is, or will be.
    pub fn set_aside_log(&self) {
        match self.place.set_aside_log() {
            Ok(None) => {}
            Ok(Some(log)) => tracing::warn!(
                log = %log.display(),
                "the log of the database that was deleted or moved has a new name: whoever puts that database back puts its log back too"
            ),
            Err(error) => tracing::error!(
                %error,
                "cannot rename the log of the database that was deleted or moved: move it away before another database is used"
            ),
        }
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

fn checkout(pool: &r2d2::Pool<SqliteFile>, timeout: Duration) -> Result<r2d2::PooledConnection<SqliteFile>, Error> {
    let _waiting = POOL.waiting();
    pool.get_timeout(timeout).map_err(|_| Error::Timeout)
}

/// Makes the file if there is none, readable by its owner only: it will hold password hashes. SQLite gives the files it
/// puts beside it the same mode.
fn create_private(path: &Path) -> io::Result<()> {
    if plain_file::exists(path)? {
        return Ok(());
    }
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
