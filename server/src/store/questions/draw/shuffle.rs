//! The order in which one user gets the questions of one cell.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    question::{Difficulty, QuestionType, random::Random},
    store::questions::Question,
};

/// The places of a cell, of which the first are taken. Fisher and Yates's shuffle, one step for each place that is drawn.
pub(super) struct Shuffle {
    pub(super) question_type: QuestionType,
    pub(super) difficulty: Difficulty,
    places: u32,
    /// Its row; none before the first place is taken.
    id: Option<i64>,
    /// How many places are taken in the database.
    taken_before: u32,
    /// How many are taken with those of this draw.
    taken: u32,
    /// What this draw has put at positions that are not taken.
    moved: BTreeMap<u32, u32>,
}

impl Shuffle {
    /// Those of each cell. `db` must show one state of the database until the last draw.
    pub(super) fn all(db: &Connection, user_id: i64) -> rusqlite::Result<Vec<Self>> {
        db.prepare_cached(
            "SELECT cells.question_type, cells.difficulty, places, id, coalesce(taken, 0) AS taken
             FROM cells LEFT JOIN shuffles ON user_id = ?1
                 AND shuffles.question_type = cells.question_type AND shuffles.difficulty = cells.difficulty",
        )?
        .query_map([user_id], Self::from_row)?
        .collect()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let taken = row.get("taken")?;
        Ok(Self {
            question_type: row.get("question_type")?,
            difficulty: row.get("difficulty")?,
            places: row.get("places")?,
            id: row.get("id")?,
            taken_before: taken,
            taken,
            moved: BTreeMap::new(),
        })
    }

    /// The question at a random position that is not taken, if any is left. Changes nothing in the database.
    pub(super) fn draw(&mut self, db: &Connection, random: &mut Random) -> rusqlite::Result<Option<Question>> {
        while self.taken < self.places {
            let position = self.taken + random.below((self.places - self.taken) as usize) as u32;
            let place = self.at(db, position)?;
            let first = self.at(db, self.taken)?;
            self.moved.insert(position, first);
            self.taken += 1;
            let question = Question::at(db, self.question_type, self.difficulty, place)?;
            // None if it was deleted.
            if question.is_some() {
                return Ok(question);
            }
        }
        Ok(None)
    }

    /// The place at a position that is not taken.
    fn at(&self, db: &Connection, position: u32) -> rusqlite::Result<u32> {
        if let Some(place) = self.moved.get(&position) {
            return Ok(*place);
        }
        let Some(id) = self.id else { return Ok(position) };
        let moved = db
            .prepare_cached("SELECT place FROM moved_places WHERE shuffle_id = ?1 AND position = ?2")?
            .query_row(params![id, position], |row| row.get(0))
            .optional()?;
        Ok(moved.unwrap_or(position))
    }

    /// Whether anything was drawn.
    pub(super) fn has_changed(&self) -> bool {
        self.taken > self.taken_before
    }

    /// Stores what was drawn. Fails as a duplicate when others were drawn and stored meanwhile, and as an orphan when there
    /// is no such user.
    pub(super) fn store(&self, db: &Connection, user_id: i64) -> rusqlite::Result<()> {
        let advanced: Option<i64> = db
            .prepare_cached(
                "UPDATE shuffles SET taken = ?5
                 WHERE user_id = ?1 AND question_type = ?2 AND difficulty = ?3 AND taken = ?4 RETURNING id",
            )?
            .query_one(params![user_id, self.question_type, self.difficulty, self.taken_before, self.taken], |row| {
                row.get(0)
            })
            .optional()?;
        let id = match advanced {
            Some(id) => id,
            // It is the first draw of this cell, or another came between and has made the row.
            None => db
                .prepare_cached(
                    "INSERT INTO shuffles (user_id, question_type, difficulty, taken) VALUES (?1, ?2, ?3, ?4) RETURNING id",
                )?
                .query_one(params![user_id, self.question_type, self.difficulty, self.taken], |row| row.get(0))?,
        };
        db.prepare_cached("DELETE FROM moved_places WHERE shuffle_id = ?1 AND position < ?2")?
            .execute(params![id, self.taken])?;
        let mut insert = db.prepare_cached(
            "INSERT INTO moved_places (shuffle_id, position, place) VALUES (?1, ?2, ?3)
             ON CONFLICT (shuffle_id, position) DO UPDATE SET place = excluded.place",
        )?;
        for (position, place) in self.moved.range(self.taken..) {
            insert.execute(params![id, position, place])?;
        }
        Ok(())
    }
}
