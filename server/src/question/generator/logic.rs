//! Deduction: orderings from clues, and who tells the truth.

use super::{Difficulty, Draft, Random};

const NAMES: &[&str] = &[
    "Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Iris", "Jon", "Kira", "Leo", "Mona", "Nils", "Olga",
    "Paul",
];

/// (more than another, most of all, least of all)
const ORDERS: &[(&str, &str, &str)] = &[
    ("taller than", "tallest", "shortest"),
    ("older than", "oldest", "youngest"),
    ("faster than", "fastest", "slowest"),
    ("heavier than", "heaviest", "lightest"),
];

pub(super) fn draw(difficulty: Difficulty, random: &mut Random) -> Option<Draft> {
    match difficulty {
        Difficulty::Easy => extreme(random),
        Difficulty::Medium => position(random),
        Difficulty::Hard => truth_tellers(random),
    }
}

/// Neighbours compared, in shuffled order: `names` runs from the most to the least.
fn clues(names: &[&str], relation: &str, random: &mut Random) -> String {
    let mut clues: Vec<String> =
        names.windows(2).map(|pair| format!("{} is {relation} {}.", pair[0], pair[1])).collect();
    random.shuffle(&mut clues);
    clues.join(" ")
}

fn extreme(random: &mut Random) -> Option<Draft> {
    let names = random.sample(NAMES, 4);
    let (relation, most, least) = *random.pick(ORDERS);
    let clues = clues(&names, relation, random);
    let (asked, answer) = if random.coin() { (most, names.first()?) } else { (least, names.last()?) };
    Some(Draft::new(format!("{clues} Who is the {asked}?"), answer, &names))
}

fn position(random: &mut Random) -> Option<Draft> {
    let names = random.sample(NAMES, 6);
    let (relation, most, _) = *random.pick(ORDERS);
    let clues = clues(&names, relation, random);
    let (place, ordinal) = *random.pick(&[(1, "second"), (2, "third"), (3, "fourth"), (4, "fifth")]);
    let mut others = names.clone();
    random.shuffle(&mut others);
    Some(Draft::new(format!("{clues} Counted from the {most}, who is {ordinal}?"), names[place], others))
}

/// Three islanders each say something. A world is a set of truth-tellers: bit n set when islander n is one.
fn truth_tellers(random: &mut Random) -> Option<Draft> {
    let names = random.sample(NAMES, 3);
    let statements: Vec<Statement> = (0..3).map(|speaker| Statement::draw(speaker, random)).collect();
    let consistent = |world: &u8| {
        statements
            .iter()
            .enumerate()
            .all(|(speaker, statement)| statement.holds(*world) == tells_truth(*world, speaker))
    };
    let mut worlds = (0..8u8).filter(consistent);
    let (Some(answer), None) = (worlds.next(), worlds.next()) else {
        return None; // contradictory, or not enough to decide
    };
    let said: Vec<String> = statements
        .iter()
        .zip(&names)
        .map(|(statement, name)| format!("{name} says: \"{}\"", statement.text(&names)))
        .collect();
    let text = format!(
        "On an island, truth-tellers always tell the truth and liars always lie. {} Who tells the truth?",
        said.join(" ")
    );
    let mut others: Vec<u8> = (0..8).collect();
    random.shuffle(&mut others);
    Some(Draft::new(text, group(answer, &names), others.into_iter().map(|world| group(world, &names))))
}

fn tells_truth(world: u8, islander: usize) -> bool {
    world >> islander & 1 == 1
}

fn group(world: u8, names: &[&str]) -> String {
    let members: Vec<&str> = (0..names.len()).filter(|n| tells_truth(world, *n)).map(|n| names[n]).collect();
    match members.as_slice() {
        [] => "nobody".to_owned(),
        [one] => format!("only {one}"),
        [one, two] => format!("{one} and {two}"),
        _ => "all three".to_owned(),
    }
}

enum Statement {
    IsLiar(usize),
    IsTruthTeller(usize),
    Same(usize, usize),
    Differ(usize, usize),
    /// Exactly so many of the three tell the truth.
    Count(u32),
}

impl Statement {
    fn draw(speaker: usize, random: &mut Random) -> Self {
        let (next, after) = ((speaker + 1) % 3, (speaker + 2) % 3);
        let other = if random.coin() { next } else { after };
        match random.below(5) {
            0 => Self::IsLiar(other),
            1 => Self::IsTruthTeller(other),
            2 => Self::Same(next, after),
            3 => Self::Differ(next, after),
            _ => Self::Count(random.between(0, 2) as u32),
        }
    }

    fn holds(&self, world: u8) -> bool {
        match *self {
            Self::IsLiar(who) => !tells_truth(world, who),
            Self::IsTruthTeller(who) => tells_truth(world, who),
            Self::Same(a, b) => tells_truth(world, a) == tells_truth(world, b),
            Self::Differ(a, b) => tells_truth(world, a) != tells_truth(world, b),
            Self::Count(count) => world.count_ones() == count,
        }
    }

    fn text(&self, names: &[&str]) -> String {
        match *self {
            Self::IsLiar(who) => format!("{} is a liar.", names[who]),
            Self::IsTruthTeller(who) => format!("{} is a truth-teller.", names[who]),
            Self::Same(a, b) => format!("{} and {} are of the same kind.", names[a], names[b]),
            Self::Differ(a, b) => format!("{} and {} are of different kinds.", names[a], names[b]),
            Self::Count(0) => "None of us three is a truth-teller.".to_owned(),
            Self::Count(1) => "Exactly one of us three is a truth-teller.".to_owned(),
            Self::Count(count) => format!("Exactly {count} of us three are truth-tellers."),
        }
    }
}
