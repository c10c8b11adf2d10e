use std::{cell::RefCell, collections::HashMap};

use rusqlite::{
    StatementStatus,
    trace::{TraceEvent, TraceEventCodes},
};

use super::*;
use crate::database::migrate;

const SMALL: u32 = 360;
const LARGE: u32 = 46_080;

/// A bank of so many questions, the same number of each type and difficulty, and one user.
fn bank(size: u32) -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::run(&mut db).unwrap();
    db.execute_batch(
        "DELETE FROM questions;
         INSERT INTO users (id, email, password_hash, first_name, last_name, created_at) VALUES (1, '', '', '', '', 0)",
    )
    .unwrap();
    db.execute(
        r#"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
           INSERT INTO questions (question_type, difficulty, question_text, options, correct_answer, created_at)
           SELECT '["pattern","logic","spatial","math","verbal","memory"]' ->> (i % 6),
                  '["easy","medium","hard"]' ->> (i / 6 % 3), 'question ' || i, '["a","b","c","d"]', 'a', 0
           FROM n"#,
        [size],
    )
    .unwrap();
    db
}

thread_local! {
    /// Steps of SQLite's virtual machine so far, of each statement.
    static STEPS: RefCell<HashMap<String, i32>> = RefCell::default();
}

/// Runs the work, and tells how many steps its statements took.
fn steps<T>(db: &Connection, work: impl FnOnce() -> T) -> (T, i32) {
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

/// Marks questions as seen by the user: those that this condition holds for.
fn see(db: &Connection, condition: &str) -> u32 {
    let seen = db.execute(&format!("INSERT INTO seen_questions SELECT 1, id FROM questions WHERE {condition}"), []);
    seen.unwrap() as u32
}

fn ids(questions: &[Question]) -> Vec<i64> {
    questions.iter().map(|question| question.id).collect()
}

#[test]
fn the_size_of_the_bank_does_not_matter() {
    let (small, large) = (bank(SMALL), bank(LARGE));
    for count in [1, 25, 100] {
        let [few, many] = [&small, &large].map(|db| {
            let (questions, steps) = steps(db, || unseen(db, 1, count, &mut Random::seeded(7)).unwrap());
            assert_eq!(questions.len(), count as usize);
            steps
        });
        assert!(many < 2 * few, "{count} questions: {few} steps of a small bank, {many} of a large one");
    }
    let [few, many] = [&small, &large].map(|db| {
        let ability = Ability::estimate([]);
        steps(db, || most_informative(db, 1, ability, &[], &mut Random::seeded(7)).unwrap()).1
    });
    assert!(many < 2 * few, "adaptive: {few} steps of a small bank, {many} of a large one");
}

#[test]
fn what_the_user_has_seen_bounds_the_work() {
    let db = bank(LARGE);
    // All but one of the easy questions about logic.
    let left: i64 = db
        .query_row("SELECT max(id) FROM questions WHERE question_type = 'logic' AND difficulty = 'easy'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let seen = see(&db, &format!("question_type = 'logic' AND difficulty = 'easy' AND id <> {left}"));
    assert_eq!(seen, LARGE / CELLS - 1);
    for seed in 0..5 {
        let (questions, steps) = steps(&db, || unseen(&db, 1, 36, &mut Random::seeded(seed)).unwrap());
        assert!(ids(&questions).contains(&left));
        // The other cells make up for it, each with a question more at most.
        assert_eq!(questions.len(), 36);
        // Around twice, since one cell had less than its share.
        assert!(steps < 40 * (2 * seen as i32 + 36 * CELLS as i32), "{steps} steps for {seen} seen");
    }
}

#[test]
fn a_test_of_any_length_is_balanced_as_far_as_questions_are_left() {
    let db = bank(SMALL);
    see(&db, "question_type = 'math' AND difficulty = 'hard' AND id % 20 < 17");
    see(&db, "question_type = 'memory' AND difficulty = 'easy'");
    let left: Vec<(String, String, u32)> = db
        .prepare(
            "SELECT question_type, difficulty, count(*) FROM questions
             WHERE id NOT IN (SELECT question_id FROM seen_questions) GROUP BY 1, 2",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let total: u32 = left.iter().map(|(.., left)| left).sum();
    for count in (1..=total).step_by(7).chain([total, total + 50]) {
        let questions = unseen(&db, 1, count, &mut Random::seeded(count.into())).unwrap();
        assert_eq!(questions.len() as u32, count.min(total));
        let mut unique = ids(&questions);
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), questions.len());
        let taken: Vec<(u32, u32)> = left
            .iter()
            .map(|(kind, difficulty, left)| {
                let of = |question: &&Question| {
                    question.question_type.as_str() == kind && question.difficulty_level.as_str() == difficulty
                };
                (questions.iter().filter(of).count() as u32, *left)
            })
            .collect();
        let most = taken.iter().map(|(taken, _)| *taken).max().unwrap();
        // A cell that gave fewer than another has given all it had, or is one round behind.
        assert!(taken.iter().all(|(taken, left)| taken == left || *taken + 1 >= most), "{count}: {taken:?}");
    }
}

#[test]
fn every_question_of_a_cell_is_drawn_as_often() {
    let db = bank(SMALL);
    let (each, draws) = (SMALL / CELLS, 2000);
    let mut random = Random::seeded(1);
    let mut drawn = HashMap::new();
    for _ in 0..draws {
        for question in unseen(&db, 1, CELLS, &mut random).unwrap() {
            *drawn.entry(question.id).or_insert(0) += 1;
        }
    }
    assert_eq!(drawn.len(), SMALL as usize);
    // 100 draws are expected of each, with a standard deviation of 10.
    let expected = draws / each;
    assert!(drawn.values().all(|count| expected.abs_diff(*count) < expected / 2), "{drawn:?}");
}
