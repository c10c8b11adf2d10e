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
    |transaction| transaction.execute_batch(include_str!("../../migrations/6_shuffles.sql")),
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

/// Makes a database as earlier programs left it.
#[cfg(test)]
pub(crate) fn run_to(version: usize, connection: &mut Connection) -> Result<(), Error> {
    take(connection, &STEPS[..version])
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

    /// Ada has seen half of the bank in two tests, and Bob a question of hers.
    const TESTS: &str = "INSERT INTO users (id, email, password_hash, first_name, last_name, created_at)
        VALUES (1, 'ada', '', '', '', 0), (2, 'bob', '', '', '', 0);
        INSERT INTO test_sessions (id, user_id, status, adaptive, question_count, started_at)
        VALUES (1, 1, 'abandoned', 0, 90, 0), (2, 1, 'completed', 0, 90, 0), (3, 2, 'in_progress', 1, 1, 0);
        INSERT INTO session_questions (session_id, position, question_id, served_at)
        SELECT 1 + id % 2, id, id, 0 FROM questions WHERE id <= 180;
        INSERT INTO session_questions (session_id, position, question_id, served_at) VALUES (3, 1, 1, 0)";

    #[test]
    fn a_database_of_an_earlier_version_keeps_what_users_have_seen() {
        let seen = "INSERT INTO seen_questions SELECT DISTINCT user_id, question_id
            FROM session_questions JOIN test_sessions ON id = session_id";
        // Somebody has removed questions: those with these ids, of all cells.
        let gaps = "DELETE FROM questions WHERE id > 180 AND id % 7 = 0";
        for (version, earlier) in
            [(4, vec![TESTS]), (5, vec![TESTS, seen]), (4, vec![TESTS, gaps]), (5, vec![TESTS, seen, gaps])]
        {
            let mut db = Connection::open_in_memory().unwrap();
            run_to(version, &mut db).unwrap();
            earlier.iter().for_each(|sql| db.execute_batch(sql).unwrap());
            run(&mut db).unwrap();
            let ids_after = |id: i64| -> Vec<i64> {
                let mut query = db.prepare("SELECT id FROM questions WHERE id > ?1 ORDER BY id").unwrap();
                query.query_map([id], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            };
            for (user, last_seen) in [(1, 180), (2, 1)] {
                let drawn = questions::unseen(&db, user, 500, &mut Random::seeded(5)).unwrap();
                let mut ids: Vec<i64> = drawn.questions.iter().map(|question| question.id).collect();
                ids.sort_unstable();
                assert_eq!(ids, ids_after(last_seen), "user {user} of version {version}");
            }
            // Each type and difficulty is numbered from zero without a gap, and its cell knows how far.
            let numbered: u32 = db
                .query_row(
                    "SELECT count(*) FROM cells WHERE places = (
                         SELECT count(DISTINCT place) FROM questions
                         WHERE question_type = cells.question_type AND difficulty = cells.difficulty
                             AND place BETWEEN 0 AND places - 1)",
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(numbered, 18);
        }
    }

    #[test]
    fn every_earlier_version_becomes_the_same_schema() {
        let schema = |from: usize| -> Vec<String> {
            let mut db = Connection::open_in_memory().unwrap();
            run_to(from, &mut db).unwrap();
            if from >= 1 {
                let ada = "INSERT INTO users (email, password_hash, first_name, last_name, created_at) VALUES ('ada', '', '', '', 0)";
                db.execute_batch(ada).unwrap();
            }
            run(&mut db).unwrap();
            assert_eq!(version(&db).unwrap(), STEPS.len());
            let users: u32 = db.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
            let drawn = questions::unseen(&db, 1, 500, &mut Random::seeded(5)).unwrap();
            assert_eq!((users, drawn.questions.len()), (u32::from(from > 0), 360), "from version {from}");
            let mut query = db.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").unwrap();
            query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let new = schema(0);
        assert!(new.iter().all(|sql| !sql.contains("seen_questions")), "{new:?}");
        (1..=STEPS.len()).for_each(|from| assert_eq!(schema(from), new, "from version {from}"));
    }
}
