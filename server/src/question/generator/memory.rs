//! Something is shown, then hidden, then asked about.

use super::{Difficulty, Draft, Random};

const WORDS: &[&str] = &[
    "apple", "anchor", "basket", "bottle", "bridge", "candle", "castle", "cloud", "corn", "diamond", "drum", "eagle",
    "feather", "flute", "forest", "garden", "glove", "hammer", "harbour", "island", "jacket", "kettle", "ladder",
    "lemon", "lion", "mirror", "needle", "ocean", "orchard", "pencil", "pillow", "queen", "river", "rocket", "saddle",
    "shadow", "tiger", "tunnel", "umbrella", "valley", "violin", "window", "winter", "yellow",
];

const ORDINALS: &[&str] = &["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

pub(super) fn draw(difficulty: Difficulty, random: &mut Random) -> Option<Draft> {
    match difficulty {
        Difficulty::Easy => word_at(random),
        Difficulty::Medium => number_beside_word(random),
        Difficulty::Hard => digits_backwards(random),
    }
}

fn word_at(random: &mut Random) -> Option<Draft> {
    let words = random.sample(WORDS, 6);
    let place = random.below(words.len());
    let mut others = words.clone();
    random.shuffle(&mut others);
    let text = format!("Which word was the {} in the list?", ORDINALS.get(place)?);
    Some(Draft::new(text, words[place], others).with_stimulus(words.join(", ")))
}

fn number_beside_word(random: &mut Random) -> Option<Draft> {
    let words = random.sample(WORDS, 6);
    let numbers = random.sample(&(10..100).collect::<Vec<i64>>(), words.len());
    let pairs: Vec<String> = words.iter().zip(&numbers).map(|(word, number)| format!("{word} {number}")).collect();
    let asked = random.below(words.len());
    let mut others = numbers.clone();
    random.shuffle(&mut others);
    let text = format!("Which number stood beside \"{}\"?", words[asked]);
    Some(Draft::new(text, numbers[asked], others).with_stimulus(pairs.join(", ")))
}

fn digits_backwards(random: &mut Random) -> Option<Draft> {
    let digits: Vec<i64> = (0..random.between(7, 9)).map(|_| random.between(0, 9)).collect();
    let spell = |digits: &[i64]| digits.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    let answer: Vec<i64> = digits.iter().rev().copied().collect();
    // Each wrong one has two neighbours swapped: the ends, which are remembered best, stay as they are.
    let mut places: Vec<usize> = (1..answer.len() - 2).collect();
    random.shuffle(&mut places);
    let others = places.into_iter().map(|place| {
        let mut other = answer.clone();
        other.swap(place, place + 1);
        spell(&other)
    });
    Some(Draft::new("What are the digits in reverse order?", spell(&answer), others).with_stimulus(spell(&digits)))
}
