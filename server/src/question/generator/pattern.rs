//! Number sequences: which number comes next?

use super::{Difficulty, Draft, Random};

pub(super) fn draw(difficulty: Difficulty, random: &mut Random) -> Option<Draft> {
    let sequence = match (difficulty, random.below(3)) {
        (Difficulty::Easy, 0) => arithmetic(random, 1),
        (Difficulty::Easy, 1) => arithmetic(random, -1),
        (Difficulty::Easy, _) => geometric(random),
        (Difficulty::Medium, 0) => growing_step(random),
        (Difficulty::Medium, 1) => alternating_steps(random),
        (Difficulty::Medium, _) => squares(random),
        (Difficulty::Hard, 0) => interleaved(random),
        (Difficulty::Hard, 1) => sums_of_two(random),
        (Difficulty::Hard, _) => multiply_and_add(random),
    };
    let (answer, shown) = sequence.split_last()?;
    let terms: Vec<String> = shown.iter().map(i64::to_string).collect();
    let text = format!("Which number comes next? {}, ?", terms.join(", "));
    // Those who see no more than the last step go on with it.
    let last_step_again = match shown {
        [.., a, b] => b + (b - a),
        _ => return None,
    };
    Some(Draft::numeric(text, *answer, &[last_step_again], random))
}

fn arithmetic(random: &mut Random, direction: i64) -> Vec<i64> {
    let step = random.between(2, 12);
    let start = if direction > 0 { random.between(1, 40) } else { random.between(6 * step, 6 * step + 40) };
    (0..6).map(|n| start + direction * step * n).collect()
}

fn geometric(random: &mut Random) -> Vec<i64> {
    let (start, ratio) = (random.between(1, 20), random.between(2, 4));
    (0..6).scan(start, |term, _| Some(std::mem::replace(term, *term * ratio))).collect()
}

fn growing_step(random: &mut Random) -> Vec<i64> {
    let (mut term, mut step, growth) = (random.between(1, 20), random.between(1, 6), random.between(1, 5));
    (0..6)
        .map(|_| {
            let shown = term;
            term += step;
            step += growth;
            shown
        })
        .collect()
}

fn alternating_steps(random: &mut Random) -> Vec<i64> {
    let (mut term, up, down) = (random.between(10, 40), random.between(5, 12), random.between(1, 4));
    (0..7)
        .map(|n| {
            let shown = term;
            term += if n % 2 == 0 { up } else { -down };
            shown
        })
        .collect()
}

fn squares(random: &mut Random) -> Vec<i64> {
    let (first, offset) = (random.between(1, 12), random.between(-5, 9));
    (first..first + 6).map(|n| n * n + offset).collect()
}

fn interleaved(random: &mut Random) -> Vec<i64> {
    let (a, a_step) = (random.between(1, 20), random.between(2, 9));
    let (b, b_step) = (random.between(40, 90), random.between(2, 9));
    (0..9).map(|n| if n % 2 == 0 { a + a_step * (n / 2) } else { b - b_step * (n / 2) }).collect()
}

fn sums_of_two(random: &mut Random) -> Vec<i64> {
    let (mut a, mut b, extra) = (random.between(1, 9), random.between(1, 9), random.between(0, 3));
    (0..8)
        .map(|_| {
            let shown = a;
            (a, b) = (b, a + b + extra);
            shown
        })
        .collect()
}

fn multiply_and_add(random: &mut Random) -> Vec<i64> {
    let (start, factor, offset) = (random.between(1, 9), random.between(2, 3), random.between(1, 9));
    (0..6).scan(start, |term, _| Some(std::mem::replace(term, *term * factor + offset))).collect()
}
