//! The question bank.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, types::Type};
use serde::Serialize;

use super::Time;
use crate::question::{Difficulty, NewQuestion, QuestionType, generator, random::Random};

#[cfg(test)]
pub(crate) mod bank;
mod draw;

pub(crate) use draw::{Draw, most_informative, unseen};

/// Questions of each type and difficulty in a new database: 18 times 20.
const SEEDED_PER_CELL: u32 = 20;
/// Any number would do; every new database gets the same questions.
const SEED: u64 = 0x4149_5131;

/// A question as clients see it, which is without its answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Question {
    pub(crate) id: i64,
    pub(crate) question_type: QuestionType,
    pub(crate) difficulty_level: Difficulty,
    pub(crate) stimulus: Option<String>,
    pub(crate) question_text: String,
    pub(crate) answer_options: Vec<String>,
}

impl Question {
    const COLUMNS: &'static str = "q.id, q.question_type, q.difficulty, q.stimulus, q.question_text, q.options";

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let options: String = row.get("options")?;
        let stimulus: String = row.get("stimulus")?;
        Ok(Self {
            id: row.get("id")?,
            question_type: row.get("question_type")?,
            difficulty_level: row.get("difficulty")?,
            stimulus: (!stimulus.is_empty()).then_some(stimulus),
            question_text: row.get("question_text")?,
            answer_options: serde_json::from_str(&options)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, Type::Text, Box::new(error)))?,
        })
    }

    /// The one at this place of its type and difficulty, unless it was deleted.
    fn at(
        db: &Connection,
        question_type: QuestionType,
        difficulty: Difficulty,
        place: u32,
    ) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(&format!(
            "SELECT {} FROM questions q WHERE question_type = ?1 AND difficulty = ?2 AND place = ?3",
            Self::COLUMNS
        ))?
        .query_row(params![question_type, difficulty, place], Self::from_row)
        .optional()
    }
}

/// Fills the bank of a new database.
pub(crate) fn seed(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut random = Random::seeded(SEED);
    for question_type in QuestionType::ALL {
        for difficulty in Difficulty::ALL {
            add_generated(transaction, *question_type, *difficulty, SEEDED_PER_CELL, &mut random)?;
        }
    }
    Ok(())
}

/// Generates questions and adds those the bank does not hold yet. Returns how many it added, which is fewer than asked
/// for when the generator has little new left to say.
pub(crate) fn add_generated(
    db: &Connection,
    question_type: QuestionType,
    difficulty: Difficulty,
    count: u32,
    random: &mut Random,
) -> rusqlite::Result<u32> {
    let mut added = 0;
    for _ in 0..count.saturating_mul(8) {
        if added == count {
            break;
        }
        if let Some(question) = generator::generate(question_type, difficulty, random) {
            added += u32::from(insert(db, &question)?);
        }
    }
    Ok(added)
}

/// Whether the question was new to the bank.
fn insert(db: &Connection, question: &NewQuestion) -> rusqlite::Result<bool> {
    let options = serde_json::to_string(&question.options)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let added = db
        .prepare_cached(
            "INSERT INTO questions (question_type, difficulty, stimulus, question_text, options, correct_answer, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (question_type, stimulus, question_text) DO NOTHING",
        )?
        .execute(params![
            question.question_type,
            question.difficulty,
            question.stimulus.as_deref().unwrap_or_default(),
            question.text,
            options,
            question.answer,
            Time::now(),
        ])?;
    Ok(added > 0)
}

/// The questions of a session in the order they were served.
pub(crate) fn served(db: &Connection, session_id: i64) -> rusqlite::Result<Vec<Question>> {
    db.prepare_cached(&format!(
        "SELECT {} FROM session_questions s JOIN questions q ON q.id = s.question_id
         WHERE s.session_id = ?1 ORDER BY s.position",
        Question::COLUMNS
    ))?
    .query_map([session_id], Question::from_row)?
    .collect()
}
