//! Brings the schema to the version this program knows. `PRAGMA user_version` says how many steps were taken.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::Error;
use crate::store::questions;

type Step = fn(&Transaction<'_>) -> rusqlite::Result<()>;

/// In order; only ever appended to.
const STEPS: &[Step] = &[
    |transaction| transaction.execute_batch(include_str!("../../migrations/1_users.sql")),
    |transaction| transaction.execute_batch(include_str!("../../migrations/2_questions.sql")),
    |transaction| transaction.execute_batch(include_str!("../../migrations/3_tests.sql")),
    questions::seed,
    |transaction| transaction.execute_batch(include_str!("../../migrations/5_places.sql")),
];

/// How many steps were taken.
///
/// # Errors
/// When they were more than this program knows.
pub(crate) fn version(connection: &Connection) -> Result<usize, Error> {
    let taken = connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? as usize;
    if taken > STEPS.len() { Err(Error::TooNew { found: taken, known: STEPS.len() }) } else { Ok(taken) }
}

pub(crate) fn run(connection: &mut Connection) -> Result<(), Error> {
    take(connection, STEPS)
}

fn take(connection: &mut Connection, steps: &[Step]) -> Result<(), Error> {
    // One transaction: another process that starts now waits, and then finds nothing left to do.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    advance_by(&transaction, steps)?;
    transaction.commit()?;
    if from < steps.len() {
        tracing::info!(from, to = steps.len(), "migrated the database");
    }
    Ok(())
}

/// Takes the steps that are missing. Writes the version even if there are none, so that it fails where nothing can be
/// written: on a read-only file, SQLite makes BEGIN IMMEDIATE begin a transaction that only reads.
pub(super) fn advance(transaction: &Transaction<'_>) -> Result<(), Error> {
    advance_by(transaction, STEPS)
}

fn advance_by(transaction: &Transaction<'_>, steps: &[Step]) -> Result<(), Error> {
    for step in steps.get(version(transaction)?..).unwrap_or_default() {
        step(transaction)?;
    }
    Ok(transaction.pragma_update(None, "user_version", steps.len() as u32)?)
}

/// Writes the version that is there, which takes one page of the log, and commits it: a write that is rolled back does
/// not reach the disk.
pub(super) fn rewrite_version(connection: &mut Connection) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    transaction.pragma_update(None, "user_version", version)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::random::Random;

    #[test]
    fn migrates_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        let questions = |connection: &Connection| -> i64 {
            connection.query_row("SELECT count(*) FROM questions", [], |row| row.get(0)).unwrap()
        };
        let seeded = questions(&connection);
        assert!(seeded >= 150, "{seeded}");
        run(&mut connection).unwrap();
        assert_eq!(questions(&connection), seeded);
    }

    #[test]
    fn refuses_a_newer_schema() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = run(&mut connection).unwrap_err().to_string();
        assert!(error.contains("version 99"), "{error}");
    }

    #[test]
    fn a_database_of_the_previous_version_keeps_what_users_have_seen() {
        let mut connection = Connection::open_in_memory().unwrap();
        take(&mut connection, &STEPS[..4]).unwrap();
        // Ada has seen half of the bank in two tests, and Bob a question of hers.
        connection
            .execute_batch(
                "INSERT INTO users (id, email, password_hash, first_name, last_name, created_at)
                 VALUES (1, 'ada', '', '', '', 0), (2, 'bob', '', '', '', 0);
                 INSERT INTO test_sessions (id, user_id, status, adaptive, question_count, started_at)
                 VALUES (1, 1, 'abandoned', 0, 90, 0), (2, 1, 'completed', 0, 90, 0), (3, 2, 'in_progress', 1, 1, 0);
                 INSERT INTO session_questions (session_id, position, question_id, served_at)
                 SELECT 1 + id % 2, id, id, 0 FROM questions WHERE id <= 180;
                 INSERT INTO session_questions (session_id, position, question_id, served_at) VALUES (3, 1, 1, 0)",
            )
            .unwrap();
        run(&mut connection).unwrap();

        let unseen = |user| {
            let mut random = Random::seeded(5);
            let questions = questions::unseen(&connection, user, 500, &mut random).unwrap();
            let mut ids: Vec<i64> = questions.iter().map(|question| question.id).collect();
            ids.sort_unstable();
            ids
        };
        let after = |id: i64| -> Vec<i64> {
            let mut query = connection.prepare("SELECT id FROM questions WHERE id > ?1 ORDER BY id").unwrap();
            query.query_map([id], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(unseen(1), after(180));
        assert_eq!(unseen(2), after(1));
        // Each type and difficulty is numbered from zero without a gap.
        let numbered: u32 = connection
            .query_row(
                "SELECT count(*) FROM (SELECT 1 FROM questions GROUP BY question_type, difficulty
                 HAVING min(place) = 0 AND max(place) = 19 AND count(DISTINCT place) = 20)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(numbered, 18);
    }
}
