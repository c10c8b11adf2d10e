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
];

/// How many steps were taken.
///
/// # Errors
/// When they were more than this program knows.
pub(crate) fn version(connection: &Connection) -> Result<usize, Error> {
    let taken = connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? as usize;
    if taken > STEPS.len() { Err(Error::TooNew { found: taken, known: STEPS.len() }) } else { Ok(taken) }
}

pub(super) fn run(connection: &mut Connection) -> Result<(), Error> {
    // One transaction: another process that starts now waits, and then finds nothing left to do.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let missing = STEPS.get(version(&transaction)?..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        step(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", STEPS.len() as u32)?;
    transaction.commit()?;
    tracing::info!(from = STEPS.len() - missing.len(), to = STEPS.len(), "migrated the database");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
