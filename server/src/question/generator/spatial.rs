//! Directions, walks, turned grids and rolled dice.

use super::{Difficulty, Draft, Random};

const COMPASS: [&str; 4] = ["north", "east", "south", "west"];

pub(super) fn draw(difficulty: Difficulty, random: &mut Random) -> Option<Draft> {
    Some(match (difficulty, random.coin()) {
        (Difficulty::Easy, _) => heading(random),
        (Difficulty::Medium, true) => walk(random),
        (Difficulty::Medium, false) => turned_grid(random),
        (Difficulty::Hard, _) => rolled_die(random),
    })
}

fn heading(random: &mut Random) -> Draft {
    let start = random.below(4);
    let turns: Vec<usize> = (0..random.between(3, 5)).map(|_| random.between(1, 3) as usize).collect();
    let words: Vec<&str> = turns.iter().map(|turn| ["right", "around", "left"][turn - 1]).collect();
    let text = format!("You face {} and turn {}. Which way do you face now?", COMPASS[start], words.join(", then "));
    Draft::new(text, COMPASS[(start + turns.iter().sum::<usize>()) % 4], COMPASS)
}

fn walk(random: &mut Random) -> Draft {
    let (mut east, mut north, mut direction) = (0, 0, random.below(4));
    let mut steps = Vec::new();
    for _ in 0..4 {
        let distance = random.between(1, 9);
        match direction {
            0 => north += distance,
            1 => east += distance,
            2 => north -= distance,
            _ => east -= distance,
        }
        steps.push(format!("{distance} {}", COMPASS[direction]));
        direction = (direction + if random.coin() { 1 } else { 3 }) % 4;
    }
    let text = format!("You walk {} (all in kilometres). Where are you, seen from the start?", steps.join(", then "));
    let mistakes =
        [(-east, north), (east, -north), (-east, -north), (north, east), (east + 1, north), (east, north - 1)];
    Draft::new(text, place(east, north), mistakes.map(|(east, north)| place(east, north)))
}

fn place(east: i64, north: i64) -> String {
    let along = |distance: i64, positive: &str, negative: &str| match distance {
        0 => None,
        1.. => Some(format!("{distance} km {positive}")),
        _ => Some(format!("{} km {negative}", -distance)),
    };
    let parts: Vec<String> =
        [along(north, "north", "south"), along(east, "east", "west")].into_iter().flatten().collect();
    if parts.is_empty() { "at the start".to_owned() } else { parts.join(", ") }
}

type Grid = [[bool; 3]; 3];

fn turned_grid(random: &mut Random) -> Draft {
    let grid: Grid = std::array::from_fn(|_| std::array::from_fn(|_| random.coin()));
    let right = turned_right(&grid);
    let half = turned_right(&right);
    let left = turned_right(&half);
    let mirrored = grid.map(|[a, b, c]| [c, b, a]);
    let (words, answer) = *random.pick(&[
        ("turned a quarter to the right", right),
        ("turned a quarter to the left", left),
        ("turned upside down, by half a turn", half),
        ("seen in a mirror standing at its right side", mirrored),
    ]);
    let others = [grid, right, left, half, mirrored, turned_right(&mirrored)];
    Draft::new(
        format!("Rows from top to bottom: {}. How does this grid look {words}?", rows(&grid)),
        rows(&answer),
        others.map(|other| rows(&other)),
    )
}

fn turned_right(grid: &Grid) -> Grid {
    std::array::from_fn(|row| std::array::from_fn(|column| grid[2 - column][row]))
}

fn rows(grid: &Grid) -> String {
    grid.map(|row| row.map(|filled| if filled { '■' } else { '□' }).iter().collect::<String>()).join(" / ")
}

fn rolled_die(random: &mut Random) -> Draft {
    let mut die = Die { top: 1, north: 2, east: 3 };
    for _ in 0..8 {
        die.roll(random.below(4));
    }
    let start = die;
    let rolls: Vec<usize> = (0..random.between(3, 5)).map(|_| random.below(4)).collect();
    rolls.iter().for_each(|direction| die.roll(*direction));
    let words: Vec<&str> = rolls.iter().map(|direction| COMPASS[*direction]).collect();
    let text = format!(
        "A die lies with {} on top, {} facing north and {} facing east; opposite faces add up to seven. It is rolled over, \
         one face at a time, {}. Which number is on top now?",
        start.top,
        start.north,
        start.east,
        words.join(", then ")
    );
    let mut others: Vec<i64> = (1..=6).collect();
    random.shuffle(&mut others);
    Draft::new(text, die.top, others)
}

#[derive(Clone, Copy)]
struct Die {
    top: i64,
    north: i64,
    east: i64,
}

impl Die {
    /// Tips the die over its edge; the face that was on top then faces the direction rolled in.
    fn roll(&mut self, direction: usize) {
        let Self { top, north, east } = *self;
        match direction {
            0 => (self.top, self.north) = (7 - north, top),
            1 => (self.top, self.east) = (7 - east, top),
            2 => (self.top, self.north) = (north, 7 - top),
            _ => (self.top, self.east) = (east, 7 - top),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_die_rolled_four_times_one_way_is_as_before() {
        for direction in 0..4 {
            let mut die = Die { top: 1, north: 2, east: 3 };
            (0..4).for_each(|_| die.roll(direction));
            assert_eq!((die.top, die.north, die.east), (1, 2, 3));
        }
    }

    #[test]
    fn there_and_back_again() {
        let mut die = Die { top: 1, north: 2, east: 3 };
        for direction in [0, 2, 1, 3] {
            die.roll(direction);
        }
        assert_eq!((die.top, die.north, die.east), (1, 2, 3));
    }

    #[test]
    fn a_quarter_turn_to_the_right() {
        let grid = [[true, false, false], [false; 3], [false; 3]];
        assert_eq!(turned_right(&grid), [[false, false, true], [false; 3], [false; 3]]);
    }

    #[test]
    fn places_are_named() {
        assert_eq!(place(-2, 3), "3 km north, 2 km west");
        assert_eq!(place(0, 0), "at the start");
    }
}
