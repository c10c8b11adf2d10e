//! Which questions a user gets next: at random, never one served before, and at a cost that depends on neither the size
//! of the bank nor what the user has seen.
//!
//! The questions of a cell, which is a type and a difficulty, are numbered: each has a place. For each user, the places of
//! a cell have an order that is decided while questions are drawn: a place at a random position after those taken changes
//! with the first of them, and is taken next. Only what was moved and is not taken is stored, so that nothing that was
//! served is looked at again. Questions that are added to the bank later come at the end, and are drawn like all others.
//! One that was deleted costs a look at its place.
//!
//! Drawing only reads, and happens before the write lock is taken. Inside of it, what was drawn is stored, if as many
//! places are taken as were when it was drawn: no other draw of this user has come between. So what is done there
//! depends on how many questions are served, and on nothing else. Only the next question of an adaptive test is drawn
//! inside of the lock, since it follows from the answer that is stored with it: one look at each cell and one draw.
//! A transaction that is rolled back leaves the order as it was, and its questions can be drawn again.

use rusqlite::Connection;

use super::Question;
use crate::{
    ability::Ability,
    question::{QuestionType, random::Random},
};

mod shuffle;

use shuffle::Shuffle;

/// Questions that a user was never served, and what has to be stored when they are.
pub(crate) struct Draw {
    pub(crate) questions: Vec<Question>,
    shuffles: Vec<Shuffle>,
}

impl Draw {
    fn new(questions: Vec<Question>, mut shuffles: Vec<Shuffle>) -> Self {
        shuffles.retain(Shuffle::has_changed);
        Self { questions, shuffles }
    }

    /// Stores that the user, for whom they were drawn, has been served these questions. Fails as a duplicate when others were
    /// served meanwhile, and as an orphan when there is no such user: then the transaction has to be rolled back.
    pub(crate) fn store(&self, db: &Connection, user_id: i64) -> rusqlite::Result<()> {
        self.shuffles.iter().try_for_each(|shuffle| shuffle.store(db, user_id))
    }
}

/// Questions the user has never been served: in turn one of each cell, so that a test of any length is balanced. When a
/// cell has none left, the others stand in for it; when no more are left at all, they are fewer than `count`. `db` must be
/// in a transaction.
pub(crate) fn unseen(db: &Connection, user_id: i64, count: u32, random: &mut Random) -> rusqlite::Result<Draw> {
    let mut shuffles = Shuffle::all(db, user_id)?;
    let mut questions = Vec::new();
    loop {
        let before = questions.len();
        random.shuffle(&mut shuffles);
        for shuffle in &mut shuffles {
            if questions.len() == count as usize {
                break;
            }
            questions.extend(shuffle.draw(db, random)?);
        }
        if questions.len() == before {
            return Ok(Draw::new(questions, shuffles));
        }
    }
}

/// An unseen question that would tell most about somebody of this ability; of several, one whose type was `served` least.
/// `db` must be in a transaction.
pub(crate) fn most_informative(
    db: &Connection,
    user_id: i64,
    ability: Ability,
    served: &[QuestionType],
    random: &mut Random,
) -> rusqlite::Result<Draw> {
    let mut shuffles = Shuffle::all(db, user_id)?;
    random.shuffle(&mut shuffles);
    let preferred = ability.most_informative();
    shuffles.sort_by_key(|shuffle| {
        let rank = preferred.iter().position(|difficulty| *difficulty == shuffle.difficulty);
        (rank, served.iter().filter(|served| **served == shuffle.question_type).count())
    });
    let mut question = None;
    for shuffle in &mut shuffles {
        question = shuffle.draw(db, random)?;
        if question.is_some() {
            break;
        }
    }
    Ok(Draw::new(question.into_iter().collect(), shuffles))
}

#[cfg(test)]
mod tests;
