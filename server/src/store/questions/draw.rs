//! Which questions a user gets next: at random, never one served before, and at a cost that does not depend on the size
//! of the bank.
//!
//! The questions of a cell, which is a type and a difficulty, are numbered. A draw begins at a random number and takes the
//! questions that come next and were never served to the user, around to where it began. So its work is bounded by what it
//! takes and by what this user has seen.
//!
//! Somebody who has seen none gets each question of a cell first with the same probability. For somebody who has seen
//! some, an unseen question comes first the more often, the more seen ones are right before it. And questions with numbers
//! side by side, which the generator drew one after the other, often come together.

use rusqlite::{Connection, params};

use super::Question;
use crate::{
    ability::Ability,
    question::{Difficulty, QuestionType, random::Random},
};

const CELLS: u32 = (QuestionType::ALL.len() * Difficulty::ALL.len()) as u32;

/// Questions the user has never been served: in turn one of each cell, so that a test of any length is balanced. They are
/// fewer than `count` when no more are left.
pub(crate) fn unseen(
    db: &Connection,
    user_id: i64,
    count: u32,
    random: &mut Random,
) -> rusqlite::Result<Vec<Question>> {
    // Equal shares are enough unless a cell has too few left. Then another may have to stand in for it, with all it has.
    let mut drawn = shares(db, user_id, count.div_ceil(CELLS), random)?;
    if drawn.len() < count as usize {
        drawn = shares(db, user_id, count, random)?;
    }
    drawn.sort_unstable();
    drawn.truncate(count as usize);
    drawn.into_iter().map(|Drawn { id, .. }| super::find(db, id)).collect()
}

/// An unseen question that would tell most about somebody of this ability; of several, one whose type was `served` least.
pub(crate) fn most_informative(
    db: &Connection,
    user_id: i64,
    ability: Ability,
    served: &[QuestionType],
    random: &mut Random,
) -> rusqlite::Result<Option<Question>> {
    let mut types = QuestionType::ALL.to_vec();
    random.shuffle(&mut types);
    types.sort_by_key(|kind| served.iter().filter(|served| *served == kind).count());
    for difficulty in ability.most_informative() {
        for kind in &types {
            if let Some(id) = walk(db, user_id, *kind, difficulty, 1, random)?.pop() {
                return super::find(db, id).map(Some);
            }
        }
    }
    Ok(None)
}

/// In the order in which a test takes them: a round takes one question of each cell, the cells in random order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Drawn {
    round: usize,
    tie: u64,
    id: i64,
}

/// The same number of each cell, or what is left.
fn shares(db: &Connection, user_id: i64, each: u32, random: &mut Random) -> rusqlite::Result<Vec<Drawn>> {
    let mut drawn = Vec::new();
    for kind in QuestionType::ALL {
        for difficulty in Difficulty::ALL {
            let ids = walk(db, user_id, *kind, *difficulty, each, random)?;
            drawn.extend(ids.into_iter().enumerate().map(|(round, id)| Drawn { round, tie: random.bits(), id }));
        }
    }
    Ok(drawn)
}

/// The first unseen questions of the cell from a random one on, at most once around.
fn walk(
    db: &Connection,
    user_id: i64,
    question_type: QuestionType,
    difficulty: Difficulty,
    count: u32,
    random: &mut Random,
) -> rusqlite::Result<Vec<i64>> {
    let last: Option<u32> = db
        .prepare_cached("SELECT max(place) FROM questions WHERE question_type = ?1 AND difficulty = ?2")?
        .query_row(params![question_type, difficulty], |row| row.get(0))?;
    let Some(last) = last else { return Ok(Vec::new()) };
    let first = random.between(0, last.into());
    let onwards = format!("{UNSEEN} AND place >= ?4 ORDER BY place LIMIT ?5");
    let around = format!("{UNSEEN} AND place < ?4 ORDER BY place LIMIT ?5");
    db.prepare_cached(&format!("SELECT * FROM ({onwards}) UNION ALL SELECT * FROM ({around}) LIMIT ?5"))?
        .query_map(params![user_id, question_type, difficulty, first, count], |row| row.get(0))?
        .collect()
}

const UNSEEN: &str = "SELECT id FROM questions q WHERE question_type = ?2 AND difficulty = ?3
    AND NOT EXISTS (SELECT 1 FROM seen_questions seen WHERE seen.user_id = ?1 AND seen.question_id = q.id)";

#[cfg(test)]
mod tests;
