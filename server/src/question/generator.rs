//! Generators that write questions: one file for each type, three difficulties in each.
//!
//! A generator computes the answer from what it drew, so a question is right by construction. It may draw one that
//! is ambiguous or has too few distinct options; [`generate`] throws those away and draws again.

use super::{Difficulty, NewQuestion, QuestionType, random::Random};

mod logic;
mod math;
mod memory;
mod pattern;
mod spatial;
mod verbal;

/// Options shown with a question, unless its generator gives more.
const OPTIONS: usize = 4;
/// Draws before giving up on one question. Each generator needs two or three at the very worst.
const DRAWS: usize = 64;

/// Draws one question. `None` when no usable one came up, which callers may treat as "one fewer".
pub fn generate(question_type: QuestionType, difficulty: Difficulty, random: &mut Random) -> Option<NewQuestion> {
    let draw = match question_type {
        QuestionType::Pattern => pattern::draw,
        QuestionType::Logic => logic::draw,
        QuestionType::Spatial => spatial::draw,
        QuestionType::Math => math::draw,
        QuestionType::Verbal => verbal::draw,
        QuestionType::Memory => memory::draw,
    };
    (0..DRAWS).find_map(|_| draw(difficulty, random)?.finish(question_type, difficulty, random))
}

/// What a generator draws: the right answer, and wrong ones in the order of how good they are.
struct Draft {
    stimulus: Option<String>,
    text: String,
    answer: String,
    distractors: Vec<String>,
}

impl Draft {
    fn new(text: impl Into<String>, answer: impl ToString, distractors: impl IntoIterator<Item: ToString>) -> Self {
        Self {
            stimulus: None,
            text: text.into(),
            answer: answer.to_string(),
            distractors: distractors.into_iter().map(|distractor| distractor.to_string()).collect(),
        }
    }

    /// A question about a number; the wrong ones given come first, near misses fill up.
    fn numeric(text: impl Into<String>, answer: i64, likely_mistakes: &[i64], random: &mut Random) -> Self {
        let mut near: Vec<i64> = [1, 2, 3, 5, 10].into_iter().flat_map(|step| [answer - step, answer + step]).collect();
        random.shuffle(&mut near);
        // A negative option beside positive ones gives itself away.
        let plausible = |option: &i64| answer < 0 || *option >= 0;
        Self::new(text, answer, likely_mistakes.iter().copied().chain(near).filter(plausible))
    }

    fn with_stimulus(mut self, stimulus: impl Into<String>) -> Self {
        self.stimulus = Some(stimulus.into());
        self
    }

    fn finish(self, question_type: QuestionType, difficulty: Difficulty, random: &mut Random) -> Option<NewQuestion> {
        let mut options = vec![self.answer.clone()];
        for distractor in self.distractors {
            if options.len() < OPTIONS && !options.contains(&distractor) {
                options.push(distractor);
            }
        }
        if options.len() < OPTIONS {
            return None;
        }
        random.shuffle(&mut options);
        Some(NewQuestion {
            question_type,
            difficulty,
            stimulus: self.stimulus,
            text: self.text,
            options,
            answer: self.answer,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn cells() -> impl Iterator<Item = (QuestionType, Difficulty)> {
        QuestionType::ALL.iter().flat_map(|kind| Difficulty::ALL.iter().map(|difficulty| (*kind, *difficulty)))
    }

    #[test]
    fn every_question_is_well_formed() {
        for (kind, difficulty) in cells() {
            let mut random = Random::seeded(7);
            for _ in 0..500 {
                let question = generate(kind, difficulty, &mut random).unwrap();
                assert_eq!((question.question_type, question.difficulty), (kind, difficulty));
                assert_eq!(question.options.len(), OPTIONS, "{question:?}");
                assert_eq!(question.options.iter().collect::<HashSet<_>>().len(), OPTIONS, "{question:?}");
                assert!(question.options.contains(&question.answer), "{question:?}");
                assert!(question.options.iter().all(|option| !option.trim().is_empty()), "{question:?}");
                assert_eq!(question.stimulus.is_some(), kind == QuestionType::Memory, "{question:?}");
            }
        }
    }

    #[test]
    fn the_same_question_always_has_the_same_answer() {
        let mut answers = std::collections::HashMap::new();
        for (kind, difficulty) in cells() {
            let mut random = Random::seeded(3);
            for _ in 0..500 {
                let question = generate(kind, difficulty, &mut random).unwrap();
                let key = (kind, question.stimulus, question.text);
                let known = answers.entry(key.clone()).or_insert_with(|| question.answer.clone());
                assert_eq!(*known, question.answer, "{key:?}");
            }
        }
    }

    #[test]
    fn a_cell_holds_at_least_a_hundred_different_questions() {
        for (kind, difficulty) in cells() {
            let mut random = Random::seeded(11);
            let different: HashSet<_> = (0..2000)
                .filter_map(|_| generate(kind, difficulty, &mut random))
                .map(|question| (question.stimulus, question.text))
                .collect();
            assert!(different.len() >= 100, "{kind} {difficulty}: {}", different.len());
        }
    }

    #[test]
    fn a_seed_decides_everything() {
        for (kind, difficulty) in cells() {
            let draw = || {
                let mut random = Random::seeded(42);
                (0..20).map(|_| generate(kind, difficulty, &mut random)).collect::<Vec<_>>()
            };
            assert_eq!(draw(), draw());
        }
    }
}
