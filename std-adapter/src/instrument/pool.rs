//! Metrics of a pool of database connections, told by the pool as things happen.
//!
//! The names are those of the OpenTelemetry semantic conventions for database client metrics.

use std::time::Duration;

use picometer::instrument::DbSeconds;
use picometer::{Counter, Family, Gauge, Histogram, Label, LabelSet, MetricSet, UpDownCounter};

/// What a connection is doing.
#[derive(Label, Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Used,
}

#[derive(LabelSet, Debug, Clone, Copy)]
struct Connections {
    state: State,
}

/// The metrics of a pool. Add [`POOL`] to the registry.
#[derive(MetricSet, Debug)]
#[metric_set(scope = "picometer_std.pool")]
pub struct Pool {
    /// Connections open, by what they are doing.
    // Prometheus keeps the ending `_count` for histograms and summaries.
    #[metric(name = "db.client.connection.count", unit = "{connection}", prometheus = "db_client_connections")]
    count: Family<Connections, UpDownCounter>,
    /// The most connections that the pool will open.
    #[metric(name = "db.client.connection.max", unit = "{connection}")]
    max: Gauge,
    /// Requests that wait for a connection.
    #[metric(name = "db.client.connection.pending_requests", unit = "{request}")]
    pending: UpDownCounter,
    /// Requests that gave up waiting for a connection.
    #[metric(name = "db.client.connection.timeouts", unit = "{timeout}")]
    timeouts: Counter,
    /// Time that requests waited for a connection.
    #[metric(name = "db.client.connection.wait_time", unit = "s")]
    wait: Histogram<DbSeconds>,
}

/// The metrics of this process's pool.
pub static POOL: Pool = Pool::new();

impl Pool {
    /// The pool will open at most this many connections.
    pub fn limited(&self, connections: u32) {
        self.max.set(connections.into());
    }

    /// A connection was opened, and is idle.
    pub fn opened(&self) {
        self.add(State::Idle, 1);
    }

    /// An idle connection was closed.
    pub fn closed(&self) {
        self.add(State::Idle, -1);
    }

    /// A request waits for a connection until what this returns is dropped.
    #[must_use = "the request waits until this is dropped"]
    pub fn waiting(&self) -> Waiting<'_> {
        self.pending.inc();
        Waiting(self)
    }

    /// An idle connection was lent, after a wait this long.
    pub fn lent(&self, wait: Duration) {
        self.wait.record_duration(wait);
        self.add(State::Idle, -1);
        self.add(State::Used, 1);
    }

    /// A connection that was lent came back.
    pub fn returned(&self) {
        self.add(State::Used, -1);
        self.add(State::Idle, 1);
    }

    /// A request gave up waiting.
    pub fn timed_out(&self) {
        self.timeouts.inc();
    }

    fn add(&self, state: State, change: i64) {
        self.count.with(Connections { state }).add(change);
    }
}

/// A request that waits for a connection.
#[derive(Debug)]
pub struct Waiting<'a>(&'a Pool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.pending.dec();
    }
}
