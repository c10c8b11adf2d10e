//! What is counted of connections, and of what is refused to protect the service.

use picometer::{Counter, Family, Gauge, Label, LabelSet, MetricSet, UpDownCounter};

use super::is_on;

/// Why the service closed a connection that its client had not closed.
#[derive(Label, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// It had no request for the idle time.
    Idle,
    /// The head of a request did not come in time, or a ping was not acknowledged.
    Timeout,
    /// Nothing of an answer was taken in time.
    Slow,
    /// It was idle, and a new connection from the same address needed the room.
    AddressLimit,
    /// It was idle, and a new connection needed the room.
    Limit,
    /// It came when there was no room and none was idle: it could ask for ping, health and metrics, and nothing else.
    Reserve,
    /// Its requests and answers took memory that others needed.
    Memory,
    /// The head of a request was too large: 414 or 431.
    TooLarge,
    /// What it sent was not HTTP: 400, or a protocol error of HTTP/2.
    Parse,
}

impl Closed {
    const ALL: [Self; 9] = [
        Self::Idle,
        Self::Timeout,
        Self::Slow,
        Self::AddressLimit,
        Self::Limit,
        Self::Reserve,
        Self::Memory,
        Self::TooLarge,
        Self::Parse,
    ];

    /// The limit that was reached.
    pub(crate) fn limit(self) -> &'static str {
        if self == Self::AddressLimit { "MAX_CONNECTIONS_PER_ADDRESS" } else { "MAX_CONNECTIONS" }
    }
}

/// Why a request was refused to protect the service.
#[derive(Label, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// As many requests were in progress as may be.
    Busy,
    /// Its connection was one of the reserve, which is for operators.
    Reserve,
    /// Its body did not come in time.
    BodyTimeout,
    /// Too many passwords were waiting to be hashed or checked.
    PasswordQueue,
}

impl Refused {
    const ALL: [Self; 4] = [Self::Busy, Self::Reserve, Self::BodyTimeout, Self::PasswordQueue];
}

#[derive(LabelSet, Clone, Copy)]
pub(crate) struct ClosedFor {
    reason: Closed,
}

#[derive(LabelSet, Clone, Copy)]
pub(crate) struct RefusedFor {
    reason: Refused,
}

/// The metrics of the service's connections.
#[derive(MetricSet)]
#[metric_set(scope = "aiq.connections")]
pub struct Connections {
    /// Connections open.
    #[metric(name = "connections.open", unit = "{connection}")]
    open: UpDownCounter,
    /// The most connections that are served at one time.
    #[metric(name = "connections.limit", unit = "{connection}")]
    limit: Gauge,
    /// Connections that the service closed, by reason.
    #[metric(name = "connections.closed", unit = "{connection}")]
    closed: Family<ClosedFor, Counter>,
    /// Requests refused to protect the service, by reason.
    #[metric(name = "requests.refused", unit = "{request}")]
    refused: Family<RefusedFor, Counter>,
}

/// The metrics of this process's connections.
pub static CONNECTIONS: Connections = Connections::new();

/// Shows all reasons from now on, so that the first event of each is an increase.
pub(super) fn show_reasons() {
    for reason in Closed::ALL {
        CONNECTIONS.closed.with(ClosedFor { reason });
    }
    for reason in Refused::ALL {
        CONNECTIONS.refused.with(RefusedFor { reason });
    }
}

/// This many connections are served at most.
pub fn record_connection_limit(limit: usize) {
    if is_on() {
        CONNECTIONS.limit.set(i64::try_from(limit).unwrap_or(i64::MAX));
    }
}

/// A connection was accepted.
pub fn record_connection_opened() {
    if is_on() {
        CONNECTIONS.open.inc();
    }
}

/// A connection ended, for whatever reason.
pub fn record_connection_ended() {
    if is_on() {
        CONNECTIONS.open.dec();
    }
}

/// The service closes a connection.
pub fn record_connection_closed(reason: Closed) {
    if is_on() {
        CONNECTIONS.closed.with(ClosedFor { reason }).inc();
    }
}

/// A request was refused.
pub fn record_request_refused(reason: Refused) {
    if is_on() {
        CONNECTIONS.refused.with(RefusedFor { reason }).inc();
    }
}
