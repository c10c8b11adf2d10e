//! Metrics of SQLite statements, from rusqlite's trace hooks: no change at the call.
//!
//! ```
//! use picometer_std::instrument::sqlite;
//!
//! let connection = rusqlite::Connection::open_in_memory()?;
//! sqlite::instrument(&connection);
//! connection.execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY)")?;
//! # Ok::<(), rusqlite::Error>(())
//! ```

mod statement;

use std::cell::RefCell;
use std::time::{Duration, Instant};

use picometer::instrument::DbSeconds;
use picometer::{Family, Histogram, Label, LabelSet, Learned, MetricSet};
use rusqlite::Connection;
use rusqlite::trace::{StmtRef, TraceEvent, TraceEventCodes};

pub use statement::{NO_TABLE, Operation, Statement};

/// A table's name. At most 64 of at most 63 bytes are told apart.
#[derive(Label, Debug, Clone, Copy)]
#[label(capacity = 64, max_len = 63)]
pub struct Table(Learned);

/// The labels of a statement.
#[derive(LabelSet, Debug, Clone, Copy)]
#[label_set(max_series = 256)]
pub struct Query {
    /// What it does.
    pub operation: Operation,
    /// The table it does it to.
    pub table: Table,
}

/// The metrics of SQLite. Add [`DB`] to the registry.
#[derive(MetricSet, Debug)]
#[metric_set(scope = "picometer_std.sqlite")]
pub struct Db {
    /// Time from the first step of a statement to its end.
    #[metric(name = "db.query.duration", unit = "s")]
    duration: Family<Query, Histogram<DbSeconds>>,
}

/// The metrics of this process's SQLite connections.
pub static DB: Db = Db::new();

/// Measures every statement of this connection from now on. It takes the connection's one trace hook.
pub fn instrument(connection: &Connection) {
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE, Some(traced));
}

/// Records one statement. The hooks do so for each; call this for statements that they do not see.
pub fn record(operation: Operation, table: &str, duration: Duration) {
    DB.duration.with(Query { operation, table: Table::learn(table) }).record_duration(duration);
}

/// How many statements of one thread can be under way at once and be timed by our clock.
const NESTED: usize = 16;

thread_local! {
    /// The statements that this thread has begun. SQLite's own clock for statements ticks in milliseconds.
    static BEGUN: RefCell<Vec<(usize, Instant)>> = RefCell::new(Vec::with_capacity(NESTED));
}

fn traced(event: TraceEvent<'_>) {
    match event {
        // A trigger that fires inside a statement is told as a comment, which is not the statement's own text; it is part
        // of that statement.
        TraceEvent::Stmt(statement, text) if text.starts_with("--") && text != statement.sql() => {}
        TraceEvent::Stmt(statement, _) => begin(identity(&statement)),
        TraceEvent::Profile(statement, by_sqlite) => {
            let duration = end(identity(&statement)).unwrap_or(by_sqlite);
            let sql = statement.sql();
            let Statement { operation, table } = Statement::parse(&sql);
            table.with_lower_case(|table| record(operation, table, duration));
        }
        _ => {}
    }
}

/// Where SQLite keeps the statement's text: its own for as long as the statement lives.
fn identity(statement: &StmtRef<'_>) -> usize {
    statement.sql().as_ptr().addr()
}

fn begin(statement: usize) {
    BEGUN.with_borrow_mut(|begun| {
        begun.retain(|(other, _)| *other != statement);
        if begun.len() < NESTED {
            begun.push((statement, Instant::now()));
        }
    });
}

fn end(statement: usize) -> Option<Duration> {
    BEGUN.with_borrow_mut(|begun| {
        let at = begun.iter().rposition(|(other, _)| *other == statement)?;
        Some(begun.swap_remove(at).1.elapsed())
    })
}
