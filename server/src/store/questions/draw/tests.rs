use std::collections::{HashMap, HashSet};

use super::*;
use crate::{
    question::Difficulty,
    store::{
        is_duplicate, is_orphan,
        questions::bank::{LARGE, SMALL, add, bank, steps},
    },
};

const CELLS: u32 = (QuestionType::ALL.len() * Difficulty::ALL.len()) as u32;
const NONE: &str = "false";
const ALL: &str = "true";
const AVERAGE: [(Difficulty, bool); 0] = [];

fn ids(draw: &Draw) -> Vec<i64> {
    draw.questions.iter().map(|question| question.id).collect()
}

fn draw(db: &Connection, count: u32, seed: u64) -> Draw {
    unseen(db, 1, count, &mut Random::seeded(seed)).unwrap()
}

fn adaptive(db: &Connection, seed: u64) -> Draw {
    most_informative(db, 1, Ability::estimate(AVERAGE), &[], &mut Random::seeded(seed)).unwrap()
}

/// Draws and stores, and tells which questions.
fn serve(db: &Connection, count: u32, seed: u64) -> Vec<i64> {
    let draw = draw(db, count, seed);
    draw.store(db, 1).unwrap();
    ids(&draw)
}

fn moved_places(db: &Connection) -> u32 {
    db.query_row("SELECT count(*) FROM moved_places", [], |row| row.get(0)).unwrap()
}

#[test]
fn neither_the_bank_nor_what_was_seen_matters() {
    let small = bank(SMALL, NONE);
    let few = [1, 25, 100].map(|count| steps(&small, || draw(&small, count, 7)).1);
    let few_adaptive = steps(&small, || adaptive(&small, 7)).1;
    let late = format!("id > {}", LARGE / 2);
    // One is left of one cell.
    let one = format!("question_type <> 'math' OR difficulty <> 'easy' OR id < {}", LARGE - 18);
    for seen in [NONE, &late, "id % 7 > 0", &one, ALL] {
        let large = bank(LARGE, seen);
        for (count, few) in [1, 25, 100].into_iter().zip(few) {
            let many = steps(&large, || draw(&large, count, 7)).1;
            assert!(many < 2 * few, "{count} questions: {few} steps in a small bank, {many} when {seen} was seen");
        }
        let many = steps(&large, || adaptive(&large, 7)).1;
        assert!(many < 2 * few_adaptive, "adaptive: {few_adaptive} steps in a small bank, {many} when {seen} was seen");
    }
}

#[test]
fn the_last_test_of_a_large_bank_costs_as_much_as_the_first() {
    let db = bank(LARGE, NONE);
    let (mut first, mut served) = (None, 0);
    while served < LARGE {
        let (drawn, steps) = steps(&db, || serve(&db, 90, served.into()));
        served += drawn.len() as u32;
        let first = *first.get_or_insert(steps);
        assert!(steps < 2 * first, "{first} steps at first, {steps} after {served} were served");
    }
    assert!(draw(&db, 1, 0).questions.is_empty());
}

#[test]
fn no_question_is_served_twice_and_none_is_left_out() {
    for seen in [NONE, "id <= 150 AND id % 5 > 0", "id <= 360"] {
        let db = bank(SMALL, seen);
        let mut served = HashSet::new();
        let mut random = Random::seeded(3);
        for seed in 0.. {
            // The bank grows while tests of all kinds are served.
            if seed < 40 && random.coin() {
                add(&db, random.between(1, 30) as u32);
            }
            let draw = if random.coin() { adaptive(&db, seed) } else { draw(&db, random.between(1, 30) as u32, seed) };
            draw.store(&db, 1).unwrap();
            assert!(ids(&draw).into_iter().all(|id| served.insert(id)), "served twice");
            if seed > 40 && draw.questions.is_empty() {
                break;
            }
        }
        let mut unseen = db.prepare(&format!("SELECT id FROM questions WHERE NOT ({seen})")).unwrap();
        let unseen = unseen.query_map([], |row| row.get(0)).unwrap().collect::<Result<HashSet<i64>, _>>().unwrap();
        assert_eq!(served, unseen);
        // Nothing has to be remembered of what is used up.
        assert_eq!(moved_places(&db), 0);
    }
}

#[test]
fn a_test_of_any_length_is_balanced_as_far_as_questions_are_left() {
    let seen = "question_type = 'math' AND difficulty = 'hard' AND id % 20 < 17
        OR question_type = 'memory' AND difficulty = 'easy'";
    let db = bank(SMALL, seen);
    let left: Vec<(String, String, u32)> = db
        .prepare(&format!("SELECT question_type, difficulty, sum(NOT ({seen})) FROM questions GROUP BY 1, 2"))
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let total: u32 = left.iter().map(|(.., left)| left).sum();
    assert!(total < SMALL);
    for count in (1..=total).step_by(7).chain([total, total + 50]) {
        let draw = draw(&db, count, count.into());
        assert_eq!(draw.questions.len() as u32, count.min(total));
        assert_eq!(ids(&draw).into_iter().collect::<HashSet<_>>().len(), draw.questions.len());
        let taken: Vec<(u32, u32)> = left
            .iter()
            .map(|(kind, difficulty, left)| {
                let of = |question: &&Question| {
                    question.question_type.as_str() == kind && question.difficulty_level.as_str() == difficulty
                };
                (draw.questions.iter().filter(of).count() as u32, *left)
            })
            .collect();
        let most = taken.iter().map(|(taken, _)| *taken).max().unwrap();
        // A cell that gave fewer than another has given all it had, or is one round behind.
        assert!(taken.iter().all(|(taken, left)| taken == left || *taken + 1 >= most), "{count}: {taken:?}");
    }
}

#[test]
fn every_question_of_a_cell_comes_first_as_often() {
    // Nothing was seen, or half of it, most of that side by side.
    for (seen, left) in [(NONE, 20), ("id <= 162 OR id > 342", 10)] {
        let db = bank(SMALL, seen);
        let draws = 100 * left;
        let mut random = Random::seeded(1);
        let mut drawn = HashMap::new();
        for _ in 0..draws {
            for id in ids(&unseen(&db, 1, CELLS, &mut random).unwrap()) {
                *drawn.entry(id).or_insert(0_u32) += 1;
            }
        }
        assert_eq!(drawn.len() as u32, CELLS * left);
        // 100 draws are expected of each, with a standard deviation of 10.
        assert!(drawn.values().all(|count| count.abs_diff(100) < 50), "{drawn:?}");
    }
}

#[test]
fn neighbours_do_not_come_together() {
    let db = bank(LARGE, NONE);
    let mut ids = serve(&db, 100 * CELLS, 5);
    ids.sort_unstable();
    let drawn: HashSet<i64> = ids.iter().copied().collect();
    // The next of the same type and difficulty. About 70 are expected: 1800 draws, and 100 of 2560 are drawn.
    let pairs = ids.iter().filter(|id| drawn.contains(&(*id + i64::from(CELLS)))).count();
    assert!(pairs < 140, "{pairs} of {} came with their neighbour", ids.len());
}

#[test]
fn of_two_draws_at_the_same_moment_one_is_stored() {
    let mut db = bank(SMALL, NONE);
    for round in 0..3 {
        let (mine, other) = (draw(&db, 40, round), draw(&db, 40, round + 100));
        let before = stored(&db);
        // Rolled back, it can be stored later.
        let transaction = db.transaction().unwrap();
        mine.store(&transaction, 1).unwrap();
        drop(transaction);
        assert_eq!(stored(&db), before);
        let transaction = db.transaction().unwrap();
        mine.store(&transaction, 1).unwrap();
        transaction.commit().unwrap();
        assert!(is_duplicate(&other.store(&db.transaction().unwrap(), 1).unwrap_err()));
        assert!(is_duplicate(&mine.store(&db.transaction().unwrap(), 1).unwrap_err()));
    }
    let late = draw(&db, 40, 9);
    db.execute("DELETE FROM users", []).unwrap();
    assert!(is_orphan(&late.store(&db.transaction().unwrap(), 1).unwrap_err()));
}

/// Everything that is stored about draws.
fn stored(db: &Connection) -> Vec<(u32, u32, u32)> {
    db.prepare(
        "SELECT id, taken, NULL FROM shuffles UNION ALL SELECT shuffle_id, position, place FROM moved_places ORDER BY 1, 2, 3",
    )
    .unwrap()
    .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<u32>>(2)?.unwrap_or(u32::MAX))))
    .unwrap()
    .collect::<Result<_, _>>()
    .unwrap()
}

#[test]
fn what_is_stored_is_no_more_than_what_was_served() {
    let db = bank(LARGE, "id % 3 = 0");
    let mut served = LARGE / 3;
    loop {
        assert!(moved_places(&db) <= served);
        let more = serve(&db, 3000, served.into()).len() as u32;
        if more == 0 {
            break;
        }
        served += more;
    }
    assert_eq!((served, moved_places(&db)), (LARGE, 0));
}

#[test]
fn questions_that_were_deleted_are_passed_over() {
    let db = bank(SMALL, NONE);
    let mut served = serve(&db, 100, 1);
    // Also the last ones: their places are not given again.
    db.execute("DELETE FROM questions WHERE id % 3 = 0 OR id > 300", []).unwrap();
    add(&db, 90);
    served.retain(|id| id % 3 != 0 && *id <= 300);
    served.extend(serve(&db, SMALL, 2));
    assert_eq!(served.iter().collect::<HashSet<_>>().len(), served.len());
    assert_eq!(served.len(), 200 + 90);
}
