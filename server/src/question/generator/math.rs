//! Arithmetic: one step, two steps, and small systems.

use super::{Difficulty, Draft, Random};

pub(super) fn draw(difficulty: Difficulty, random: &mut Random) -> Option<Draft> {
    Some(match (difficulty, random.below(3)) {
        (Difficulty::Easy, 0) => sum(random),
        (Difficulty::Easy, 1) => difference(random),
        (Difficulty::Easy, _) => product(random),
        (Difficulty::Medium, 0) => percentage(random),
        (Difficulty::Medium, 1) => equation(random),
        (Difficulty::Medium, _) => shopping(random),
        (Difficulty::Hard, 0) => pair_of_numbers(random),
        (Difficulty::Hard, 1) => remainder_of_power(random),
        (Difficulty::Hard, _) => committee(random),
    })
}

fn sum(random: &mut Random) -> Draft {
    let (a, b) = (random.between(12, 89), random.between(12, 89));
    Draft::numeric(format!("What is {a} + {b}?"), a + b, &[a + b - 10, a + b + 10], random)
}

fn difference(random: &mut Random) -> Draft {
    let (b, rest) = (random.between(12, 89), random.between(11, 60));
    Draft::numeric(format!("What is {} - {b}?", b + rest), rest, &[rest + 10, rest - 10], random)
}

fn product(random: &mut Random) -> Draft {
    let (a, b) = (random.between(3, 15), random.between(3, 12));
    Draft::numeric(format!("What is {a} × {b}?"), a * b, &[a * (b - 1), a * (b + 1), (a - 1) * b], random)
}

fn percentage(random: &mut Random) -> Draft {
    let percent = 5 * random.between(1, 19);
    // A multiple of 20 keeps the answer whole.
    let whole = 20 * random.between(2, 40);
    let answer = percent * whole / 100;
    Draft::numeric(format!("What is {percent}% of {whole}?"), answer, &[whole - answer, answer * 2], random)
}

fn equation(random: &mut Random) -> Draft {
    let (x, factor, offset) = (random.between(2, 20), random.between(2, 9), random.between(1, 30));
    let total = factor * x + offset;
    let text = format!("If {factor}x + {offset} = {total}, what is x?");
    Draft::numeric(text, x, &[x + offset, total / factor], random)
}

fn shopping(random: &mut Random) -> Draft {
    let (count, price) = (random.between(3, 9), random.between(4, 19));
    let paid = 50 * ((count * price) / 50 + 1);
    let text = format!(
        "Someone buys {count} books at {price} euros each and pays with {paid} euros. How many euros are the change?"
    );
    Draft::numeric(text, paid - count * price, &[count * price, paid - price], random)
}

fn pair_of_numbers(random: &mut Random) -> Draft {
    let (small, gap) = (random.between(5, 60), random.between(2, 25));
    let large = small + gap;
    let text = format!(
        "Two numbers add up to {}, and one is greater than the other by {gap}. What is the greater one?",
        small + large
    );
    Draft::numeric(text, large, &[small, (small + large) / 2, large + gap], random)
}

fn remainder_of_power(random: &mut Random) -> Draft {
    let (base, exponent, modulus) = (random.between(2, 9), random.between(10, 40), random.between(5, 11));
    let answer = (0..exponent).fold(1, |power, _| power * base % modulus);
    let mut others: Vec<i64> = (0..modulus).filter(|other| *other != answer).collect();
    random.shuffle(&mut others);
    Draft::new(format!("What is the remainder when {base}^{exponent} is divided by {modulus}?"), answer, others)
}

fn committee(random: &mut Random) -> Draft {
    let (women, men) = (random.between(3, 9), random.between(3, 9));
    let pairs = |n: i64| n * (n - 1) / 2;
    let text = format!(
        "A club has {women} women and {men} men. In how many ways can it choose a committee of two women and one man?"
    );
    let answer = pairs(women) * men;
    Draft::numeric(text, answer, &[women * men, answer * 2, pairs(men) * women], random)
}
