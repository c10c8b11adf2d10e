//! For those who have the service key.

use std::collections::BTreeSet;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Administrator, BodyOrDefault},
    fields::whole,
    issue::Checks,
};
use crate::{
    metrics,
    question::{Difficulty, QuestionType, random::Random},
    state::AppState,
    store::questions,
};

/// What to generate: `count` questions of each of the types in each of the difficulties.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Order {
    #[serde(deserialize_with = "whole")]
    count: u32,
    types: BTreeSet<QuestionType>,
    difficulties: BTreeSet<Difficulty>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            count: 10,
            types: QuestionType::ALL.iter().copied().collect(),
            difficulties: Difficulty::ALL.iter().copied().collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Run {
    generated: Vec<Generated>,
}

#[derive(Serialize)]
struct Generated {
    #[serde(rename = "type")]
    question_type: QuestionType,
    difficulty: Difficulty,
    /// How many were new to the bank, which may be fewer than ordered.
    count: u32,
}

pub(super) async fn generate(
    State(state): State<AppState>,
    _: Administrator,
    BodyOrDefault(order): BodyOrDefault<Order>,
) -> Result<(StatusCode, Json<Run>), ApiError> {
    let mut checks = Checks::default();
    checks.range("body", "count", order.count, 1..=100);
    checks.finish()?;
    let mut random = Random::unpredictable()?;
    let run = state
        .database
        .write(
            move |db| {
                let mut generated = Vec::new();
                for &question_type in &order.types {
                    for &difficulty in &order.difficulties {
                        let count = questions::add_generated(db, question_type, difficulty, order.count, &mut random)?;
                        generated.push(Generated { question_type, difficulty, count });
                    }
                }
                Ok::<_, ApiError>(Run { generated })
            },
            |run| {
                for Generated { question_type, difficulty, count } in &run.generated {
                    metrics::record_questions_generated(*count, question_type.as_str(), difficulty.as_str());
                }
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(run)))
}
