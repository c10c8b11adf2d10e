//! Banks for tests, and what SQLite does with them.

use std::{cell::RefCell, collections::HashMap};

use rusqlite::{
    Connection, StatementStatus,
    trace::{TraceEvent, TraceEventCodes},
};

use crate::database::migrate;

pub(crate) const SMALL: u32 = 360;
pub(crate) const LARGE: u32 = 46_080;

/// A bank of so many questions, the same number of each type and difficulty, and user 1, who has seen those for which
/// the condition holds, before an earlier version of the database was migrated.
pub(crate) fn bank(size: u32, seen: &str) -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::run_to(5, &mut db).unwrap();
    db.execute_batch(
        "DELETE FROM questions;
         DELETE FROM sqlite_sequence;
         INSERT INTO users (id, email, password_hash, first_name, last_name, created_at) VALUES (1, '', '', '', '', 0)",
    )
    .unwrap();
    add(&db, size);
    db.execute(&format!("INSERT INTO seen_questions SELECT 1, id FROM questions WHERE {seen}"), []).unwrap();
    migrate::run(&mut db).unwrap();
    db
}

/// Adds so many questions, the same number of each type and difficulty, a type and difficulty after the other. Their ids
/// begin with 1 in a new bank.
pub(crate) fn add(db: &Connection, count: u32) {
    db.execute(
        r#"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1),
           last (id) AS (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'questions')
           INSERT INTO questions (question_type, difficulty, question_text, options, correct_answer, created_at)
           SELECT '["pattern","logic","spatial","math","verbal","memory"]' ->> (i % 6),
                  '["easy","medium","hard"]' ->> (i / 6 % 3), 'question ' || (id + i), '["a","b","c","d"]', 'a', 0
           FROM n, last"#,
        [count],
    )
    .unwrap();
}

thread_local! {
    /// Steps of SQLite's virtual machine so far, of each statement.
    static STEPS: RefCell<HashMap<String, i32>> = RefCell::default();
}

/// Runs the work, and tells how many steps its statements took.
pub(crate) fn steps<T>(db: &Connection, work: impl FnOnce() -> T) -> (T, i32) {
    // Statements count from when they were prepared.
    db.flush_prepared_statement_cache();
    STEPS.take();
    db.trace_v2(
        TraceEventCodes::SQLITE_TRACE_PROFILE,
        Some(|event| {
            if let TraceEvent::Profile(statement, _) = event {
                let steps = statement.get_status(StatementStatus::VmStep);
                STEPS.with_borrow_mut(|all| all.insert(statement.sql().into_owned(), steps));
            }
        }),
    );
    let outcome = work();
    db.trace_v2(TraceEventCodes::empty(), None);
    let steps = STEPS.take().values().sum();
    assert!(steps > 0);
    (outcome, steps)
}
