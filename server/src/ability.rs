//! How answers become an IQ score, and how hard the next question should be.
//!
//! The Rasch model: somebody of ability θ answers a question of difficulty b with probability 1 / (1 + e^(b - θ)).
//! Ability is the mean of the posterior over a grid (expected a posteriori), with the standard normal distribution of
//! abilities as the prior. Since IQ is defined as 100 + 15 z, and θ is such a z, the score is 100 + 15 θ.
//!
//! The model does not know about guessing, and the difficulties are set by what a question was generated as, not
//! estimated from answers: the score ranks people who took this test, it is not a clinical measure.

use crate::question::Difficulty;

pub const LOWEST_IQ: f64 = 40.0;
pub const HIGHEST_IQ: f64 = 160.0;

/// θ from -4 to 4, which is IQ 40 to 160, in steps of 0.1.
const GRID_POINTS: i32 = 81;

/// What a set of answers says about ability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ability {
    /// In standard deviations from the mean of the population.
    pub theta: f64,
    /// The standard deviation of the posterior.
    pub standard_error: f64,
}

impl Ability {
    /// Estimates from the difficulty of each question and whether it was answered correctly.
    pub fn estimate(answers: impl IntoIterator<Item = (Difficulty, bool)> + Clone) -> Self {
        let posterior: Vec<(f64, f64)> = grid().map(|theta| (theta, density(theta, answers.clone()))).collect();
        let total: f64 = posterior.iter().map(|(_, weight)| weight).sum();
        let theta = posterior.iter().map(|(theta, weight)| theta * weight).sum::<f64>() / total;
        let variance = posterior.iter().map(|(point, weight)| (point - theta).powi(2) * weight).sum::<f64>() / total;
        Self { theta, standard_error: variance.sqrt() }
    }

    /// 100 + 15 θ, from 40 to 160, to one decimal.
    pub fn iq_score(self) -> f64 {
        let score = (100.0 + 15.0 * self.theta).clamp(LOWEST_IQ, HIGHEST_IQ);
        (score * 10.0).round() / 10.0
    }

    /// Difficulties in the order of how much a question would tell. In the Rasch model its information p (1 - p) is
    /// greatest where b is nearest to θ.
    pub fn most_informative(self) -> [Difficulty; 3] {
        let mut difficulties = [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard];
        let distance = |difficulty: &Difficulty| (logit(*difficulty) - self.theta).abs();
        difficulties.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        difficulties
    }
}

/// The share of the population below a score, in percent to one decimal.
pub fn percentile(iq_score: f64) -> f64 {
    let share = normal_cdf((iq_score - 100.0) / 15.0);
    (share * 1000.0).round() / 10.0
}

fn logit(difficulty: Difficulty) -> f64 {
    match difficulty {
        Difficulty::Easy => -1.5,
        Difficulty::Medium => 0.0,
        Difficulty::Hard => 1.5,
    }
}

fn grid() -> impl Iterator<Item = f64> {
    (0..GRID_POINTS).map(|point| f64::from(point - GRID_POINTS / 2) / 10.0)
}

/// Unnormalised. At least e^-8 / (1 + e^5.5)^100, far above the smallest f64, so the sum is never zero.
fn density(theta: f64, answers: impl IntoIterator<Item = (Difficulty, bool)>) -> f64 {
    let prior = (-theta * theta / 2.0).exp();
    answers.into_iter().fold(prior, |density, (difficulty, correct)| {
        let p = 1.0 / (1.0 + (logit(difficulty) - theta).exp());
        density * if correct { p } else { 1.0 - p }
    })
}

/// Abramowitz and Stegun, 26.2.17: the error is below 7.5e-8.
fn normal_cdf(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let tail = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
        * series.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    if z < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(correct: bool, count: usize) -> Vec<(Difficulty, bool)> {
        Difficulty::ALL.iter().copied().cycle().take(count).map(|difficulty| (difficulty, correct)).collect()
    }

    #[test]
    fn nothing_answered_means_average_and_unsure() {
        let ability = Ability::estimate([]);
        assert!(ability.theta.abs() < 1e-9);
        assert!((ability.standard_error - 1.0).abs() < 0.01);
        assert_eq!(ability.iq_score(), 100.0);
        assert_eq!(ability.most_informative()[0], Difficulty::Medium);
    }

    #[test]
    fn more_right_answers_score_higher() {
        let scores: Vec<f64> = (0..=20)
            .map(|right| {
                let mut answers = all(true, right);
                answers.extend(all(false, 20 - right));
                Ability::estimate(answers).iq_score()
            })
            .collect();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]), "{scores:?}");
    }

    #[test]
    fn a_hundred_answers_stay_within_the_scale() {
        for correct in [false, true] {
            let ability = Ability::estimate(all(correct, 100));
            assert!(ability.theta.is_finite() && ability.standard_error.is_finite());
            assert!((LOWEST_IQ..=HIGHEST_IQ).contains(&ability.iq_score()), "{ability:?}");
        }
    }

    #[test]
    fn answers_narrow_the_estimate() {
        let mut answers = all(true, 5);
        let early = Ability::estimate(answers.clone()).standard_error;
        answers.extend(all(false, 25));
        assert!(Ability::estimate(answers).standard_error < early);
    }

    #[test]
    fn the_next_question_follows_ability() {
        assert_eq!(Ability::estimate(all(true, 20)).most_informative()[0], Difficulty::Hard);
        assert_eq!(Ability::estimate(all(false, 20)).most_informative()[0], Difficulty::Easy);
    }

    #[test]
    fn percentiles_match_the_normal_table() {
        for (iq, expected) in [(40.0, 0.0), (70.0, 2.3), (85.0, 15.9), (100.0, 50.0), (115.0, 84.1), (130.0, 97.7)] {
            assert_eq!(percentile(iq), expected, "{iq}");
        }
    }
}
