//! `/test/next`: adaptive tests go on one question at a time.

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{ability_so_far, complete, in_progress, record_completed, submit::Answer};
use crate::{
    api::{
        error::ApiError,
        extract::{Authenticated, Body},
        fields::whole,
        issue::Checks,
    },
    metrics,
    question::random::Random,
    state::AppState,
    store::{
        questions::{self, Question},
        responses,
        results::TestResult,
        sessions::{self, Session},
    },
};

#[derive(Deserialize)]
pub(crate) struct Step {
    #[serde(deserialize_with = "whole")]
    session_id: i64,
    #[serde(flatten)]
    answer: Answer,
}

/// Either `next_question` or `result` is there, and the other is null.
#[derive(Serialize)]
pub(crate) struct Stepped {
    session: Session,
    next_question: Option<Question>,
    result: Option<TestResult>,
    test_complete: bool,
    questions_answered: usize,
    current_theta: f64,
    current_se: f64,
}

pub(crate) async fn next(
    State(state): State<AppState>,
    Authenticated(user): Authenticated,
    Body(step): Body<Step>,
) -> Result<Json<Stepped>, ApiError> {
    let mut checks = Checks::default();
    step.answer.check(&["body".into()], &mut checks);
    checks.finish()?;
    let mut random = Random::unpredictable()?;
    let stepped = state
        .database
        .write(
            move |db| go_on(db, user.id, &step, &mut random),
            |stepped| match &stepped.result {
                Some(result) => record_completed(&stepped.session, result),
                None => metrics::record_questions_served(1, true),
            },
        )
        .await?;
    Ok(Json(stepped))
}

fn go_on(
    db: &Connection,
    user_id: i64,
    Step { session_id, answer }: &Step,
    random: &mut Random,
) -> Result<Stepped, ApiError> {
    let session = in_progress(db, user_id, *session_id)?;
    if !session.adaptive {
        return Err(ApiError::bad_request("This test is not adaptive: answer it with /test/submit"));
    }
    let mut served = responses::served(db, session.id)?;
    let question = served
        .iter_mut()
        .find(|question| question.question_id == answer.question_id)
        .ok_or(ApiError::bad_request("The question was not served in this session"))?;
    if question.outcome.is_some() {
        return Err(ApiError::conflict("The question is already answered"));
    }
    let correct = question.accepts(&answer.user_answer);
    question.outcome = Some(correct);
    responses::insert(db, session.id, answer.question_id, &answer.user_answer, correct, answer.time_spent_seconds)?;

    let ability = ability_so_far(&served);
    let questions_answered = served.len();
    let drawn = if questions_answered < session.question_count as usize {
        let types: Vec<_> = served.iter().map(|question| question.question_type).collect();
        Some(questions::most_informative(db, user_id, ability, &types, random)?)
    } else {
        None
    };
    let (session, next_question, result) = match drawn.filter(|drawn| !drawn.questions.is_empty()) {
        Some(mut drawn) => {
            sessions::serve(db, &session, &drawn)?;
            (session, drawn.questions.pop(), None)
        }
        // All are answered, or the bank has nothing new for this user.
        None => {
            let (session, result) = complete(db, &session, false)?;
            (session, None, Some(result))
        }
    };
    Ok(Stepped {
        session,
        test_complete: result.is_some(),
        next_question,
        result,
        questions_answered,
        current_theta: ability.theta,
        current_se: ability.standard_error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::questions::bank::{LARGE, SMALL, bank, steps};

    /// Steps of the second question of a test, which is drawn inside of the write lock.
    fn second(db: &Connection) -> i32 {
        let mut random = Random::seeded(7);
        let drawn = questions::most_informative(db, 1, ability_so_far(&[]), &[], &mut random).unwrap();
        let session = sessions::insert(db, 1, true, 5).unwrap();
        sessions::serve(db, &session, &drawn).unwrap();
        let answer =
            Answer { question_id: drawn.questions[0].id, user_answer: "a".to_owned(), time_spent_seconds: None };
        let step = Step { session_id: session.id, answer };
        let (stepped, steps) = steps(db, || go_on(db, 1, &step, &mut random).unwrap());
        assert!(stepped.next_question.is_some());
        steps
    }

    #[test]
    fn the_next_question_costs_the_same_whatever_the_bank_holds_and_the_user_has_seen() {
        let few = second(&bank(SMALL, "false"));
        for seen in ["false", "id % 4 > 0", "difficulty <> 'easy' AND id > 1"] {
            let many = second(&bank(LARGE, seen));
            assert!(many < 2 * few, "{few} steps with a small bank, {many} with a large one when {seen} was seen");
        }
    }
}
