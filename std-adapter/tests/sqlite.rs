//! What SQLite's statements become, with the real SQLite: those of the application are counted, each once, and what
//! SQLite runs by itself to carry them out is a part of them.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use picometer_std::instrument::sqlite::{DB, instrument};
use picometer_std::{Registry, Resource};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// How often each operation on each table was recorded, and for how many seconds.
type Recorded = BTreeMap<(String, String), (f64, f64)>;

/// One test at a time, since all of them look at all the series of the process.
struct Measured(Recorded, #[allow(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Measured {
    fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Self(recorded(), alone)
    }

    /// What was recorded since, as `OPERATION table` with its count and its seconds.
    fn since(&self) -> BTreeMap<String, (f64, f64)> {
        let since = recorded().into_iter().map(|(key, (count, sum))| {
            let before = self.0.get(&key).copied().unwrap_or_default();
            (format!("{} {}", key.0, key.1), (count - before.0, sum - before.1))
        });
        since.filter(|(_, (count, _))| *count != 0.0).collect()
    }

    #[track_caller]
    fn expect(&self, expected: &[(&str, f64)]) {
        let counts: BTreeMap<_, _> = self.since().into_iter().map(|(key, (count, _))| (key, count)).collect();
        assert_eq!(counts, expected.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect());
    }

    fn seconds(&self, key: &str) -> f64 {
        self.since()[key].1
    }
}

fn recorded() -> Recorded {
    let mut text = Vec::new();
    Registry::new().with(&DB).unwrap().write_text(&Resource::new("test"), &mut text);
    let mut recorded = Recorded::new();
    for line in String::from_utf8(text).unwrap().lines() {
        let Some((series, value)) =
            line.strip_prefix("db_query_duration_seconds_").and_then(|line| line.rsplit_once(' '))
        else {
            continue;
        };
        let label =
            |name| series.split_once(&format!("{name}=\"")).map(|(_, rest)| rest.split_once('"').unwrap().0.to_owned());
        let (Some(operation), Some(table)) = (label("operation"), label("table")) else { continue };
        let entry = recorded.entry((operation, table)).or_default();
        match series.split_once('{').unwrap().0 {
            "count" => entry.0 = value.parse().unwrap(),
            "sum" => entry.1 = value.parse().unwrap(),
            _ => {}
        }
    }
    recorded
}

/// A connection that is measured, with what `sql` makes in it.
fn with(sql: &str) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(sql).unwrap();
    instrument(&connection);
    connection
}

#[test]
fn a_full_text_table_counts_the_statements_of_the_application() {
    let connection = with("CREATE VIRTUAL TABLE mails USING fts5(body)");
    let measured = Measured::new();
    for number in 0..500 {
        connection.execute("INSERT INTO mails VALUES (?1)", [format!("number {number} of many words")]).unwrap();
    }
    measured.expect(&[("INSERT mails", 500.0)]);
    for number in 0..200 {
        let found = connection.query_row("SELECT body FROM mails WHERE mails MATCH ?1", [number], |row| row.get(0));
        assert_eq!(found, Ok(format!("number {number} of many words")));
    }
    measured.expect(&[("INSERT mails", 500.0), ("SELECT mails", 200.0)]);
}

#[test]
fn an_rtree_and_fts4_count_the_statements_of_the_application() {
    let connection =
        with("CREATE VIRTUAL TABLE boxes USING rtree(id, low, high); CREATE VIRTUAL TABLE letters USING fts4(body)");
    let measured = Measured::new();
    for number in 0..300 {
        connection.execute("INSERT INTO boxes VALUES (?1, ?1, ?1 + 1)", [number]).unwrap();
        connection.execute("INSERT INTO letters VALUES ('word')", []).unwrap();
    }
    connection.execute("DELETE FROM boxes WHERE low > 100", []).unwrap();
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM boxes WHERE high > 50"), 51);
    assert_eq!(count("SELECT count(*) FROM letters WHERE letters MATCH 'word'"), 300);
    measured.expect(&[
        ("DELETE boxes", 1.0),
        ("INSERT boxes", 300.0),
        ("INSERT letters", 300.0),
        ("SELECT boxes", 1.0),
        ("SELECT letters", 1.0),
    ]);
}

#[test]
fn what_a_virtual_table_runs_while_a_statement_is_prepared_or_committed_is_not_the_applications() {
    let directory = std::env::temp_dir().join(format!("picometer-sqlite-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("connect.db");
    let _ = std::fs::remove_file(&file);
    Connection::open(&file)
        .unwrap()
        .execute_batch(
            "CREATE VIRTUAL TABLE mails USING fts5(body); CREATE VIRTUAL TABLE letters USING fts4(body);
             CREATE VIRTUAL TABLE boxes USING rtree(id, low, high); CREATE TABLE plain (a); INSERT INTO plain VALUES (1);
             INSERT INTO boxes VALUES (1, 2, 3); ANALYZE",
        )
        .unwrap();
    let measured = Measured::new();
    // A connection that meets the tables for the first time.
    let connection = Connection::open(&file).unwrap();
    instrument(&connection);
    for table in ["mails", "letters"] {
        // With RETURNING the commit is part of the reset.
        let row = connection.query_row(&format!("INSERT INTO {table} VALUES ('a') RETURNING 1"), [], |row| row.get(0));
        assert_eq!(row, Ok(1));
        let sql = format!("SELECT count(*) FROM {table} WHERE {table} MATCH 'a'");
        assert_eq!(connection.query_row(&sql, [], |row| row.get(0)), Ok(1));
    }
    assert_eq!(connection.query_row("SELECT count(*) FROM boxes WHERE low > 1", [], |row| row.get(0)), Ok(1));
    measured.expect(&[
        ("INSERT letters", 1.0),
        ("INSERT mails", 1.0),
        ("SELECT boxes", 1.0),
        ("SELECT letters", 1.0),
        ("SELECT mails", 1.0),
    ]);
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn names_in_single_quotes_are_the_applications_unless_they_are_of_a_virtual_tables_own_tables() {
    let connection = with("CREATE TABLE plain (a, m_data); INSERT INTO plain VALUES ('b', 'c')");
    let measured = Measured::new();
    for sql in [
        "SELECT a FROM 'main'.'plain'",
        "SELECT a || '.' || m_data || '_data' FROM plain",
        "SELECT a FROM plain WHERE a <> '.' AND m_data <> 'x_data'",
    ] {
        connection.query_row(sql, [], |_| Ok(())).unwrap();
    }
    connection.query_row("PRAGMA page_size", [], |_| Ok(())).unwrap();
    measured.expect(&[("PRAGMA _none", 1.0), ("SELECT plain", 3.0)]);
}

#[test]
fn tables_that_are_called_like_those_of_virtual_tables_are_the_applications() {
    let connection = with("CREATE TABLE sales_data (a); CREATE TABLE sales_content (a); CREATE TABLE sales_config (a)");
    let measured = Measured::new();
    connection.execute("INSERT INTO 'main'.'sales_data' VALUES (1)", []).unwrap();
    connection.execute("INSERT INTO 'main'.'sales_content' VALUES (1)", []).unwrap();
    connection.query_row("SELECT count(*) FROM 'main'.'sales_config'", [], |_| Ok(())).unwrap();
    measured.expect(&[("INSERT sales_content", 1.0), ("INSERT sales_data", 1.0), ("SELECT sales_config", 1.0)]);
}

#[test]
fn statements_between_the_steps_of_another_are_counted_as_their_own() {
    let connection = with(
        "CREATE VIRTUAL TABLE mails USING fts5(body); INSERT INTO mails VALUES ('a'), ('a'), ('a');
         CREATE TABLE plain (a); INSERT INTO plain VALUES (1), (2), (3)",
    );
    let measured = Measured::new();
    // The first is half-way, and so is what the virtual table runs for it.
    let mut first = connection.prepare("SELECT body FROM mails WHERE mails MATCH 'a'").unwrap();
    let mut rows = first.query([]).unwrap();
    while rows.next().unwrap().is_some() {
        let mut second = connection.prepare("SELECT a FROM plain").unwrap();
        let mut inner = second.query([]).unwrap();
        while inner.next().unwrap().is_some() {
            connection.execute("UPDATE plain SET a = a + 1 WHERE a = -1", []).unwrap();
        }
    }
    measured.expect(&[("SELECT mails", 1.0), ("SELECT plain", 3.0), ("UPDATE plain", 9.0)]);
}

#[test]
fn two_statements_that_take_turns_are_two() {
    let connection = with("CREATE TABLE plain (a); INSERT INTO plain VALUES (1), (2), (3)");
    let measured = Measured::new();
    let (mut one, mut two) =
        (connection.prepare("SELECT a FROM plain").unwrap(), connection.prepare("SELECT a FROM plain").unwrap());
    let (mut one, mut two) = (one.query([]).unwrap(), two.query([]).unwrap());
    for _ in 0..3 {
        assert!(one.next().unwrap().is_some() && two.next().unwrap().is_some());
    }
    assert!(two.next().unwrap().is_none() && one.next().unwrap().is_none());
    measured.expect(&[("SELECT plain", 2.0)]);
}

#[test]
fn triggers_are_part_of_the_statement_that_fires_them() {
    let connection = with(
        "CREATE TABLE plain (a); CREATE TABLE log (a); CREATE VIRTUAL TABLE mails USING fts5(body);
         CREATE TRIGGER copies AFTER INSERT ON plain BEGIN
           INSERT INTO log VALUES (new.a); INSERT INTO mails VALUES (new.a); DELETE FROM log WHERE a = 2; END",
    );
    let measured = Measured::new();
    connection.execute("INSERT INTO plain VALUES (1), (2), (3)", []).unwrap();
    connection.execute("-- with a comment\nINSERT INTO plain VALUES (4)", []).unwrap();
    measured.expect(&[("INSERT plain", 2.0)]);
}

#[test]
fn statements_that_are_not_stepped_to_their_end_are_counted_when_they_are_reset_or_dropped() {
    let connection = with("CREATE VIRTUAL TABLE mails USING fts5(body); INSERT INTO mails VALUES ('a'), ('a')");
    let measured = Measured::new();
    let mut statement = connection.prepare("SELECT body FROM mails WHERE mails MATCH 'a'").unwrap();
    measured.expect(&[]);
    for _ in 0..5 {
        // The rows reset the statement where they are dropped.
        assert!(statement.query([]).unwrap().next().unwrap().is_some());
    }
    measured.expect(&[("SELECT mails", 5.0)]);
    let mut rows = statement.query([]).unwrap();
    rows.next().unwrap();
    drop(rows);
    drop(statement);
    measured.expect(&[("SELECT mails", 6.0)]);
    // One that was never stepped did nothing.
    drop(connection.prepare("SELECT body FROM mails").unwrap());
    measured.expect(&[("SELECT mails", 6.0)]);
}

#[test]
fn what_a_function_runs_on_its_own_connection_is_part_of_the_statement_that_calls_it() {
    thread_local! {
        static CONNECTION: OnceCell<Connection> = const { OnceCell::new() };
    }
    fn log() -> rusqlite::Result<i64> {
        CONNECTION.with(|connection| {
            let connection = connection.get().unwrap();
            connection.execute("INSERT INTO log VALUES (1)", [])?;
            connection.query_row("SELECT count(*) FROM log", [], |row| row.get(0))
        })
    }
    let connection = with("CREATE TABLE plain (a); INSERT INTO plain VALUES (1), (2), (3); CREATE TABLE log (a)");
    connection.create_scalar_function("log", 0, FunctionFlags::SQLITE_UTF8, |_| log()).unwrap();
    let measured = Measured::new();
    CONNECTION.with(|this| {
        let connection = this.get_or_init(|| connection);
        let mut statement = connection.prepare("SELECT log() FROM plain").unwrap();
        let counts: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(counts, [1, 2, 3]);
    });
    measured.expect(&[("SELECT plain", 1.0)]);
}

#[test]
fn times_are_added_once() {
    let connection = with("CREATE VIRTUAL TABLE mails USING fts5(body); CREATE VIEW slowly AS SELECT slow() AS body");
    let slow = |_: &rusqlite::functions::Context<'_>| {
        std::thread::sleep(Duration::from_millis(10));
        Ok("a")
    };
    connection.create_scalar_function("slow", 0, FunctionFlags::SQLITE_UTF8, slow).unwrap();
    let (measured, begun) = (Measured::new(), Instant::now());
    for _ in 0..5 {
        connection.execute("INSERT INTO mails SELECT body FROM slowly", []).unwrap();
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let (insert, all) = (measured.seconds("INSERT mails"), measured.since().values().map(|(_, seconds)| seconds).sum());
    assert!(0.05 <= insert && insert <= all && all <= elapsed, "{insert} s and {all} s of {elapsed} s");
}

#[test]
fn a_statement_whose_tables_another_connection_changed_is_counted_once() {
    let file = std::env::temp_dir().join(format!("picometer-schema-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE plain (a); INSERT INTO plain VALUES (1)").unwrap();
    let connection = Connection::open(&file).unwrap();
    instrument(&connection);
    let measured = Measured::new();
    let mut statement = connection.prepare("SELECT * FROM plain").unwrap();
    for number in 0..5 {
        other.execute_batch(&format!("ALTER TABLE plain ADD COLUMN b{number}")).unwrap();
        statement.query_row([], |_| Ok(())).unwrap();
    }
    measured.expect(&[("SELECT plain", 5.0)]);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn an_explanation_is_counted_as_one() {
    let connection = with("CREATE TABLE plain (a)");
    let measured = Measured::new();
    for sql in ["EXPLAIN SELECT * FROM plain", "/* why */ explain query plan DELETE FROM plain"] {
        connection.prepare(sql).unwrap().query([]).unwrap().next().unwrap();
    }
    measured.expect(&[("EXPLAIN plain", 2.0)]);
}

#[test]
fn more_statements_at_once_than_are_timed_are_counted_all_the_same() {
    let connection = with("CREATE TABLE plain (a); INSERT INTO plain VALUES (1), (2)");
    let measured = Measured::new();
    let mut statements: Vec<_> = (0..200).map(|_| connection.prepare("SELECT a FROM plain").unwrap()).collect();
    let mut all: Vec<_> = statements.iter_mut().map(|statement| statement.query([]).unwrap()).collect();
    for rows in &mut all {
        rows.next().unwrap();
    }
    drop(all);
    measured.expect(&[("SELECT plain", 200.0)]);
}
