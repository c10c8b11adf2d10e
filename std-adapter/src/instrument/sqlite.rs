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
//!
//! # What is counted
//! Each run of a statement that the application begins, once, when SQLite finishes it: at its last step, or where it is
//! reset or dropped before. Two statements that take turns are two, and so is one that runs between two steps of another.
//!
//! What SQLite runs to carry a statement out belongs to that statement: triggers, what FTS3, FTS4, FTS5, R*Tree and other
//! virtual tables read and write, and what a function written by the application runs on the connection that called it.
//! All of that is neither counted nor timed by itself.
//!
//! SQLite does not mark what a virtual table runs while a statement is prepared (the settings of a table that the
//! connection meets for the first time) or committed by a reset. For the virtual tables named above that is known by how
//! they write their own tables and columns, `SELECT k, v FROM 'main'.'mails_config'`, and is not counted either: do not
//! write your own statements so. It is counted for other virtual tables.

mod statement;
mod virtual_table;

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::{Duration, Instant};
use std::{mem, ptr};

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

/// How many statements of one thread are timed at once. When one more begins, the oldest is recorded with the time that it
/// has taken so far.
const UNDER_WAY: usize = 64;

thread_local! {
    /// The statements that the application has begun on this thread. SQLite's own clock for statements ticks in milliseconds.
    static BEGUN: RefCell<[Option<Begun>; UNDER_WAY]> = const { RefCell::new([None; UNDER_WAY]) };
}

/// A statement that is under way.
#[derive(Debug, Clone, Copy)]
struct Begun {
    statement: usize,
    query: Query,
    at: Instant,
}

impl Begun {
    fn record(self) {
        DB.duration.with(self.query).record_duration(self.at.elapsed());
    }
}

fn traced(event: TraceEvent<'_>) {
    match event {
        TraceEvent::Stmt(statement, text) => {
            let sql = statement.sql();
            let is_its_own = match &sql {
                Cow::Borrowed(sql) => ptr::eq(*sql, text),
                Cow::Owned(sql) => sql == text,
            };
            if is_its_own {
                if !virtual_table::wrote(&sql) {
                    begin(identity(&statement), query(&sql));
                }
            } else if text.strip_prefix("-- ") == Some(&*sql) {
                // It begins inside another statement. Any other comment is a trigger of a statement that is under way.
                end(identity(&statement));
            }
        }
        TraceEvent::Profile(statement, by_sqlite) => {
            let sql = statement.sql();
            if let Some(begun) = end(identity(&statement)) {
                begun.record();
            } else if Statement::parse(&sql).operation == Operation::Explain {
                // The beginning of an explanation is not told.
                DB.duration.with(query(&sql)).record_duration(by_sqlite);
            }
            // Anything else is part of another statement, or the second end of one that SQLite ran again because another
            // connection had changed its tables; the beginning is not told again.
        }
        _ => {}
    }
}

/// Where SQLite keeps the statement's text: its own for as long as the statement lives.
fn identity(statement: &StmtRef<'_>) -> usize {
    match statement.sql() {
        Cow::Borrowed(sql) => sql.as_ptr().addr(),
        // Not UTF-8, so this is a copy, and all such statements are taken for one.
        Cow::Owned(_) => 0,
    }
}

fn query(sql: &str) -> Query {
    let Statement { operation, table } = Statement::parse(sql);
    Query { operation, table: table.with_lower_case(Table::learn) }
}

fn begin(statement: usize, query: Query) {
    let begun = Begun { statement, query, at: Instant::now() };
    let oldest = BEGUN.with_borrow_mut(|all| {
        let place = all.iter().position(|other| other.is_some_and(|other| other.statement == statement));
        let place = place.or_else(|| all.iter().position(Option::is_none));
        match place.and_then(|place| all.get_mut(place)) {
            Some(place) => {
                *place = Some(begun);
                None
            }
            None => all.iter_mut().flatten().min_by_key(|begun| begun.at).map(|oldest| mem::replace(oldest, begun)),
        }
    });
    if let Some(oldest) = oldest {
        oldest.record();
    }
}

fn end(statement: usize) -> Option<Begun> {
    BEGUN.with_borrow_mut(|all| {
        all.iter_mut().find(|begun| begun.is_some_and(|begun| begun.statement == statement))?.take()
    })
}
