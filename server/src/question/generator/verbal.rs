//! Words: the odd one out, analogies, and codes.

use super::{Difficulty, Draft, Random};

/// No word is in two categories, and no category is part of another, so that the odd one out is certain.
const CATEGORIES: &[&[&str]] = &[
    &["apple", "pear", "cherry", "plum", "grape", "peach"],
    &["sparrow", "eagle", "raven", "swan", "heron", "falcon"],
    &["hammer", "saw", "chisel", "pliers", "wrench", "drill"],
    &["violin", "flute", "piano", "trumpet", "cello", "oboe"],
    &["oak", "birch", "maple", "willow", "poplar", "spruce"],
    &["red", "green", "blue", "yellow", "purple", "brown"],
    &["circle", "triangle", "square", "hexagon", "ellipse", "rhombus"],
    &["doctor", "teacher", "baker", "lawyer", "farmer", "plumber"],
    &["shirt", "trousers", "jacket", "sock", "glove", "scarf"],
    &["copper", "iron", "silver", "tin", "zinc", "lead"],
];

/// Relations between words, with pairs that have them. No word is the second of two pairs of one relation.
const RELATIONS: &[&[(&str, &str)]] = &[
    // an animal and its young
    &[("cat", "kitten"), ("dog", "puppy"), ("cow", "calf"), ("sheep", "lamb"), ("hen", "chick"), ("goose", "gosling")],
    // a person and the place of work
    &[
        ("teacher", "school"),
        ("doctor", "hospital"),
        ("judge", "court"),
        ("chef", "kitchen"),
        ("pilot", "cockpit"),
        ("actor", "stage"),
    ],
    // opposites
    &[("hot", "cold"), ("early", "late"), ("empty", "full"), ("rich", "poor"), ("strong", "weak"), ("wide", "narrow")],
    // a thing and what it measures
    &[
        ("thermometer", "temperature"),
        ("clock", "time"),
        ("ruler", "length"),
        ("scales", "weight"),
        ("barometer", "pressure"),
        ("speedometer", "speed"),
    ],
    // a part and the whole
    &[
        ("petal", "flower"),
        ("page", "book"),
        ("wheel", "car"),
        ("finger", "hand"),
        ("branch", "tree"),
        ("brick", "wall"),
    ],
    // an animal and its home
    &[("bee", "hive"), ("bird", "nest"), ("spider", "web"), ("bear", "den"), ("rabbit", "burrow"), ("horse", "stable")],
];

/// Three letters at least: two decide a code, the third confirms it.
const CODE_WORDS: &[&str] = &[
    "CAT", "SUN", "MAP", "BIRD", "LAMP", "FISH", "TREE", "WIND", "STONE", "CLOUD", "TIGER", "HOUSE", "RIVER", "GARDEN",
    "WINTER", "PLANET",
];

pub(super) fn draw(difficulty: Difficulty, random: &mut Random) -> Option<Draft> {
    Some(match difficulty {
        Difficulty::Easy => odd_one_out(random),
        Difficulty::Medium => analogy(random),
        Difficulty::Hard => code(random),
    })
}

fn odd_one_out(random: &mut Random) -> Draft {
    let categories = random.sample(CATEGORIES, 2);
    let mut words = random.sample(categories[0], 3);
    let odd = *random.pick(categories[1]);
    words.push(odd);
    random.shuffle(&mut words);
    Draft::new(format!("Which word does not belong with the others: {}?", words.join(", ")), odd, words)
}

fn analogy(random: &mut Random) -> Draft {
    let relation = *random.pick(RELATIONS);
    let pairs = random.sample(relation, relation.len());
    let ((a, b), (c, d)) = (pairs[0], pairs[1]);
    // Second words of the same relation, and the word asked about itself.
    let others = pairs[2..].iter().map(|(_, second)| *second).chain([c]);
    Draft::new(format!("{a} is to {b} as {c} is to ...?"), d, others)
}

/// Letters move through the alphabet by a step that grows with their place.
fn code(random: &mut Random) -> Draft {
    let (shift, growth) = (*random.pick(&[-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]), random.between(0, 2));
    let words = random.sample(CODE_WORDS, 2);
    let text = format!(
        "In a secret code, {} is written {}. How is {} written in that code?",
        words[0],
        encoded(words[0], shift, growth),
        words[1]
    );
    let others = [
        (shift + 1, growth),
        (shift, growth + 1),
        (-shift, growth),
        (shift - 1, growth),
        (shift, 0),
        (shift + 2, growth),
    ];
    Draft::new(text, encoded(words[1], shift, growth), others.map(|(shift, growth)| encoded(words[1], shift, growth)))
}

fn encoded(word: &str, shift: i64, growth: i64) -> String {
    (0..)
        .zip(word.bytes())
        .map(|(place, letter)| {
            let moved = (i64::from(letter - b'A') + shift + growth * place).rem_euclid(26);
            char::from(b'A' + moved as u8)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_wrap_around_the_alphabet() {
        assert_eq!(encoded("CAT", 1, 0), "DBU");
        assert_eq!(encoded("CAT", -1, 0), "BZS");
        assert_eq!(encoded("CAT", 1, 1), "DCW");
    }

    #[test]
    fn no_word_is_in_two_categories() {
        let words: Vec<&str> = CATEGORIES.concat();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
    }

    #[test]
    fn an_analogy_has_one_answer() {
        for relation in RELATIONS {
            let seconds: HashSet<&str> = relation.iter().map(|(_, second)| *second).collect();
            assert_eq!(seconds.len(), relation.len());
        }
    }
}
