//! All connections and what they hold: who is let in, and who has to go when there is no room.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{Limits, entry::Connection};
use crate::metrics::{Closed, record_connection_closed, record_connection_opened};

/// Bytes that requests and their answers may take together. Beyond it the connection goes whose request is the oldest,
/// of those that hold at least the mean.
const BUDGET: usize = 32 * 1024 * 1024;
/// Bytes of answers beyond the budget, for connections that are going: these give them back when their tasks have run.
const GOING: usize = 16 * 1024 * 1024;
/// Requests that get their answers at once when there is room again: few enough that these do not fill it by far.
const TURNS: usize = 32;
/// Connections beyond the limit, each for a question of an operator.
pub(crate) const RESERVE: usize = 32;
/// A full table is told of no more often than this.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(1);

/// Shared by all connections. Its lock is held for a few instructions, or for one look at each connection when there is
/// no room.
pub(super) struct Table {
    pub(super) limits: Limits,
    state: Mutex<State>,
    /// There may be room again.
    freed: Notify,
    /// Requests that wait for room get it in the order in which they came, these many at a time.
    turns: Semaphore,
}

#[derive(Default)]
pub(super) struct State {
    entries: BTreeMap<u64, Entry>,
    /// Entries that count towards the limit, and those of each address.
    open: usize,
    by_address: HashMap<IpAddr, usize>,
    next_connection: u64,
    next_request: u64,
    /// Bytes that all hold, and the part of it whose connections are ending.
    held: usize,
    leaving: usize,
    /// Bytes of answers that all hold, those of ending connections too.
    answers: usize,
    warned: Option<Instant>,
}

pub(super) struct Entry {
    address: IpAddr,
    is_reserved: bool,
    has_ended: bool,
    end: CancellationToken,
    /// Requests that are not answered, or whose answers are not taken, in the order in which they came.
    pub(super) requests: BTreeSet<u64>,
    /// Whether there was ever a request.
    pub(super) has_asked: bool,
    /// Bytes of all its requests and answers, and of the answers alone.
    held: usize,
    pub(super) answers: usize,
    /// Without requests: since when. With answers: when a part of one was last taken.
    pub(super) since: Instant,
}

impl Table {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default(), freed: Notify::new(), turns: Semaphore::new(TURNS) })
    }

    /// Lets a connection in. Where there is no room, the one that has been idle the longest goes; if none is idle, the
    /// new one is of the reserve, whose oldest goes.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Arc<Connection> {
        let address = network(peer);
        let has_share = !self.limits.trusted_proxies.contain(peer.to_canonical());
        let mut state = self.lock();
        let of_address = state.by_address.get(&address).copied().unwrap_or_default();
        let limit = if has_share && of_address >= self.limits.connections_per_address {
            Some(Closed::AddressLimit)
        } else {
            (state.open >= self.limits.connections).then_some(Closed::Limit)
        };
        let is_reserved = limit.is_some_and(|limit| {
            let of = (limit == Closed::AddressLimit).then_some(address);
            !state.close_longest_idle(of, limit)
        });
        if is_reserved {
            record_connection_closed(Closed::Reserve);
            state.keep_reserve_small();
        }
        let must_warn = limit.is_some() && state.may_warn();
        let (id, end) = state.insert(address, is_reserved);
        drop(state);
        if must_warn {
            let limit = limit.map(Closed::limit);
            tracing::warn!(%peer, limit, "a limit of connections is reached: idle ones are closed to make room, and if there is none, the new one is answered ping, health and metrics alone; raise the limit, or name a proxy in TRUSTED_PROXIES");
        }
        record_connection_opened();
        Arc::new(Connection::new(Arc::clone(self), id, is_reserved, end))
    }

    /// Whether there is room for more answers, and nobody waits for it.
    pub(super) fn has_room(&self) -> bool {
        self.turns.available_permits() == TURNS && self.lock().answers <= BUDGET + GOING
    }

    /// Completes when there is room for more answers.
    pub(super) async fn room(&self) {
        // The semaphore is never closed; were it, nobody would wait.
        let _turn = self.turns.acquire().await;
        loop {
            let freed = self.freed.notified();
            if self.lock().answers <= BUDGET + GOING {
                return;
            }
            freed.await;
        }
    }

    /// Completes when the connections that are going have given back enough: until then new ones wait in the listen queue,
    /// so that no more come than go.
    pub(super) async fn settled(&self) {
        loop {
            let freed = self.freed.notified();
            if self.lock().leaving <= GOING {
                return;
            }
            freed.await;
        }
    }

    pub(super) fn tell_of_room(&self) {
        self.freed.notify_waiters();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that panics is done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of an address that one client cannot choose: all of IPv4, and the first 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

impl State {
    fn insert(&mut self, address: IpAddr, is_reserved: bool) -> (u64, CancellationToken) {
        let id = self.next_connection;
        self.next_connection += 1;
        if !is_reserved {
            self.open += 1;
            *self.by_address.entry(address).or_default() += 1;
        }
        let end = CancellationToken::new();
        let entry = Entry {
            address,
            is_reserved,
            has_ended: false,
            end: end.clone(),
            requests: BTreeSet::new(),
            has_asked: false,
            held: 0,
            answers: 0,
            since: Instant::now(),
        };
        self.entries.insert(id, entry);
        (id, end)
    }

    pub(super) fn entry(&mut self, id: u64) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// A new request, which takes this many bytes.
    pub(super) fn begin(&mut self, connection: u64, bytes: usize) -> u64 {
        let request = self.next_request;
        self.next_request += 1;
        if let Some(entry) = self.entries.get_mut(&connection) {
            entry.requests.insert(request);
            entry.has_asked = true;
        }
        self.charge(connection, bytes);
        request
    }

    /// A connection holds more. Others have to go if that is too much.
    pub(super) fn charge(&mut self, connection: u64, bytes: usize) {
        let Some(entry) = self.entries.get_mut(&connection) else { return };
        entry.held += bytes;
        self.held += bytes;
        if entry.has_ended {
            self.leaving += bytes;
        }
        while self.held - self.leaving > BUDGET
            && let Some(id) = self.largest_of_long_standing()
        {
            self.end(id, Some(Closed::Memory));
        }
    }

    /// A connection holds less.
    pub(super) fn give_back(&mut self, connection: u64, bytes: usize) {
        let Some(entry) = self.entries.get_mut(&connection) else { return };
        entry.held -= bytes;
        self.held -= bytes;
        if entry.has_ended {
            self.leaving -= bytes;
        }
    }

    /// There is an answer of this many bytes.
    pub(super) fn answer(&mut self, connection: u64, bytes: usize) {
        self.answers += bytes;
        if let Some(entry) = self.entries.get_mut(&connection) {
            if entry.answers == 0 {
                entry.since = Instant::now();
            }
            entry.answers += bytes;
        }
        self.charge(connection, bytes);
    }

    /// A request, its answer and all that these held are gone.
    pub(super) fn finish(&mut self, connection: u64, request: u64, bytes: usize, answer: usize) {
        self.answers -= answer;
        if let Some(entry) = self.entries.get_mut(&connection) {
            entry.answers -= answer;
            entry.requests.remove(&request);
            if entry.requests.is_empty() {
                entry.since = Instant::now();
            }
        }
        self.give_back(connection, bytes + answer);
    }

    /// The connection counts no more, and is told to end. The reason is counted if the service has one.
    pub(super) fn end(&mut self, id: u64, reason: Option<Closed>) {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| !entry.has_ended) else { return };
        entry.has_ended = true;
        entry.end.cancel();
        self.leaving += entry.held;
        if !entry.is_reserved {
            self.open -= 1;
            if let Some(count) = self.by_address.get_mut(&entry.address) {
                *count -= 1;
                if *count == 0 {
                    self.by_address.remove(&entry.address);
                }
            }
        }
        reason.into_iter().for_each(record_connection_closed);
    }

    /// The connection holds nothing any more.
    pub(super) fn remove(&mut self, id: u64) {
        self.end(id, None);
        self.entries.remove(&id);
    }

    fn close_longest_idle(&mut self, of: Option<IpAddr>, reason: Closed) -> bool {
        let idle = self.entries.iter().filter(|(_, entry)| {
            !entry.has_ended
                && !entry.is_reserved
                && entry.requests.is_empty()
                && of.is_none_or(|address| entry.address == address)
        });
        let longest = idle.min_by_key(|(_, entry)| entry.since).map(|(id, _)| *id);
        longest.into_iter().for_each(|id| self.end(id, Some(reason)));
        longest.is_some()
    }

    fn keep_reserve_small(&mut self) {
        let reserve = || self.entries.iter().filter(|(_, entry)| entry.is_reserved && !entry.has_ended);
        if reserve().count() < RESERVE {
            return;
        }
        // Of the address that has most of it, so that nobody can take it all from an operator who comes from elsewhere.
        let of = |address| reserve().filter(|(_, entry)| entry.address == address).count();
        let oldest = reserve().max_by_key(|(id, entry)| (of(entry.address), Reverse(**id))).map(|(id, _)| *id);
        oldest.into_iter().for_each(|id| self.end(id, None));
    }

    /// Who holds little is never chosen, and somebody always holds the mean or more.
    fn largest_of_long_standing(&self) -> Option<u64> {
        let holders = || self.entries.iter().filter(|(_, entry)| !entry.has_ended && entry.held > 0);
        let mean = (self.held - self.leaving) / holders().count().max(1);
        let large = holders().filter(|(_, entry)| entry.held >= mean);
        large.min_by_key(|(_, entry)| entry.requests.first()).map(|(id, _)| *id)
    }

    fn may_warn(&mut self) -> bool {
        let now = Instant::now();
        let may = self.warned.is_none_or(|warned| now - warned >= BETWEEN_WARNINGS);
        if may {
            self.warned = Some(now);
        }
        may
    }
}
