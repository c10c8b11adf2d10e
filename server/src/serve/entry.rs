//! One connection as the table of connections knows it, and what its requests hold.

use std::{
    mem::replace,
    sync::{self, Arc, PoisonError},
    time::Duration,
};

use hyper::Request;
use tokio::{
    sync::{Mutex, MutexGuard, Notify},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Limits, table::Table};
use crate::metrics::{Closed, record_connection_ended};

/// What a request takes beside its head, body and answer: the state of its stream, its task and its future. Measured with
/// answers that nobody reads.
const REQUEST: usize = 16 * 1024;
/// What a header takes beside its text.
const HEADER: usize = 128;
/// A connection that holds this many bytes of answers gets no further ones until it has taken some of them.
const SHARE: usize = 1024 * 1024;
/// How long a connection of the reserve is served.
const RESERVED_FOR: Duration = Duration::from_secs(5);

/// Is in the table until nothing of it is held any more.
pub(super) struct Connection {
    table: Arc<Table>,
    id: u64,
    is_reserved: bool,
    opened: Instant,
    end: CancellationToken,
    /// Something of an answer was taken.
    taken: Notify,
    /// One request of a connection at a time makes a large answer, so that each connection gets its turn at memory and at
    /// the processors.
    turn: Mutex<()>,
}

impl Connection {
    pub(super) fn new(table: Arc<Table>, id: u64, is_reserved: bool, end: CancellationToken) -> Self {
        let (opened, taken, turn) = (Instant::now(), Notify::new(), Mutex::default());
        Self { table, id, is_reserved, opened, end, taken, turn }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.table.limits
    }

    /// Counts a request, with its headers, until the last part of its answer has been taken.
    pub(super) fn begin<B>(self: &Arc<Self>, request: &Request<B>) -> Arc<Held> {
        let headers = request.headers().iter();
        let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + HEADER).sum();
        let request = headers + request.uri().path().len();
        let id = self.table.lock().begin(self.id, REQUEST + request);
        Arc::new(Held { connection: Arc::clone(self), id, bytes: sync::Mutex::new(Bytes { request, answer: 0 }) })
    }

    /// Completes when the connection may have one more large answer: it has taken enough of those before, and so have all.
    async fn room(&self) -> MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        while self.answers() >= SHARE {
            self.taken.notified().await;
        }
        if !self.table.has_room() {
            self.table.room().await;
        }
        turn
    }

    fn answers(&self) -> usize {
        self.table.lock().entry(self.id).map_or(0, |entry| entry.answers)
    }

    /// Completes when others need the room.
    pub(super) async fn must_end(&self) {
        self.end.cancelled().await;
    }

    /// Completes when the client has left its time unused, and says which.
    pub(super) async fn overdue(&self) -> Closed {
        let limits = &self.table.limits;
        loop {
            let (reason, deadline) = self.deadline();
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return reason;
            }
            // What it is held to may have changed before then.
            let latest = now + limits.header_timeout.min(limits.idle_timeout);
            sleep_until(deadline.map_or(latest, |deadline| deadline.min(latest))).await;
        }
    }

    fn deadline(&self) -> (Closed, Option<Instant>) {
        let limits = &self.table.limits;
        if self.is_reserved {
            return (Closed::Reserve, Some(self.opened + RESERVED_FOR));
        }
        let mut state = self.table.lock();
        let Some(entry) = state.entry(self.id) else { return (Closed::Idle, None) };
        if !entry.has_asked {
            (Closed::Timeout, Some(entry.since + limits.header_timeout))
        } else if entry.requests.is_empty() {
            (Closed::Idle, Some(entry.since + limits.idle_timeout))
        } else {
            (Closed::Slow, (entry.answers > 0).then(|| entry.since + limits.header_timeout))
        }
    }
}

/// Ends the connection's place in the table when its task ends.
pub(super) struct Place(pub(super) Arc<Connection>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.table.lock().end(self.0.id, None);
        record_connection_ended();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.table.lock().remove(self.id);
    }
}

/// What a request and its answer hold, until they are dropped.
pub(super) struct Held {
    connection: Arc<Connection>,
    id: u64,
    bytes: sync::Mutex<Bytes>,
}

struct Bytes {
    /// Head and body.
    request: usize,
    answer: usize,
}

/// In the extensions of a request: where an answer that is large waits before it is made. Small ones need not: so many
/// are in progress at most.
#[derive(Clone)]
pub(crate) struct Room(pub(super) Arc<Held>);

impl Room {
    /// Completes at once unless another request of the connection makes its answer, or answers are held that nobody takes;
    /// their connections are being closed then. The answer is to be made before the guard is dropped.
    pub(crate) async fn wait(&self) -> MutexGuard<'_, ()> {
        self.0.connection.room().await
    }
}

impl Held {
    pub(super) fn is_reserved(&self) -> bool {
        self.connection.is_reserved
    }

    fn bytes(&self) -> sync::MutexGuard<'_, Bytes> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A part of the request's body arrived.
    pub(super) fn received(&self, bytes: usize) {
        self.bytes().request += bytes;
        self.connection.table.lock().charge(self.connection.id, bytes);
    }

    /// There is an answer of so many bytes. The request is not needed any more.
    pub(super) fn answered(&self, length: u64) {
        let answer = usize::try_from(length).unwrap_or(usize::MAX);
        let Bytes { request, .. } = replace(&mut *self.bytes(), Bytes { request: 0, answer });
        let mut state = self.connection.table.lock();
        state.give_back(self.connection.id, request);
        state.answer(self.connection.id, answer);
    }

    /// A part of the answer was taken.
    pub(super) fn taken(&self) {
        if let Some(entry) = self.connection.table.lock().entry(self.connection.id) {
            entry.since = Instant::now();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Bytes { request, answer } = *self.bytes();
        self.connection.table.lock().finish(self.connection.id, self.id, REQUEST + request, answer);
        self.connection.taken.notify_one();
        self.connection.table.tell_of_room();
    }
}
