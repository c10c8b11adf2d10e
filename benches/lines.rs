//! What a benchmark says, a line each: written by every process that measured, and read as one by `report`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;

/// The environment variable that names the file in which lines are collected.
const FILE: &str = "PICOMETER_BENCH_RESULTS";

/// A row of the table: what a contender costs on so many threads, or how a ratio of it stands to a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The question.
    pub path: String,
    /// Who answers it.
    pub contender: String,
    /// On how many threads.
    pub threads: String,
    /// What one operation costs, with its unit; nothing in a row that has a goal.
    pub cost: String,
    /// Its cost over that of another.
    pub ratio: String,
    /// The lowest and the highest ratio that a process had, if there were several.
    pub range: Option<(String, String)>,
    /// What the ratio is held to, or what it is of.
    pub goal: String,
    /// `met` or `MISSED`; `BUSY` when threads never ran at once; nothing without a goal.
    pub met: String,
}

/// Curves by the contender's name: its cost in nanoseconds at each place.
pub type Curves = BTreeMap<String, Vec<(f64, f64)>>;

/// What all processes said.
#[derive(Debug, Default)]
pub struct Lines {
    /// In the order in which they were first said.
    pub rows: Vec<Row>,
    /// By the plot's name.
    pub plots: BTreeMap<String, Curves>,
}

/// Says a row of the table.
pub fn row(path: &str, contender: &str, threads: usize, cost: &str, ratio: &str, goal: &str, met: &str) {
    println!("{path:<24} {contender:<36} {threads:>2}T {cost:>14} {ratio:>8}  {goal:<28} {met}");
    append(&["row", path, contender, &threads.to_string(), cost, ratio, goal, met]);
}

/// Says a point of a plot.
pub fn point(plot: &str, contender: &str, x: usize, y: f64) {
    println!("{plot:<24} {contender:<36} {x:>8} {y:>10.2} ns");
    append(&["point", plot, contender, &x.to_string(), &y.to_string()]);
}

fn append(fields: &[&str]) {
    let Some(file) = std::env::var_os(FILE) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("the results can be written");
    writeln!(file, "{}", fields.join("\t")).expect("the results can be written");
}

impl Lines {
    /// Reads what was collected. Of what several processes said of the same, the one in the middle counts.
    ///
    /// # Panics
    /// On a line that no benchmark says.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut rows: Vec<Vec<Row>> = Vec::new();
        let mut plots: BTreeMap<&str, BTreeMap<&str, BTreeMap<usize, Vec<f64>>>> = BTreeMap::new();
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["row", path, contender, threads, cost, ratio, goal, met] => {
                    let [path, contender, threads, cost, ratio, goal, met] =
                        [path, contender, threads, cost, ratio, goal, met].map(str::to_owned);
                    let row = Row { path, contender, threads, cost, ratio, range: None, goal, met };
                    match rows.iter_mut().find(|said| said[0].is_of_the_same(&row)) {
                        Some(said) => said.push(row),
                        None => rows.push(vec![row]),
                    }
                }
                ["point", plot, contender, x, y] => {
                    let said = plots.entry(plot).or_default().entry(contender).or_default();
                    said.entry(x.parse().expect("a number")).or_default().push(y.parse().expect("a number"));
                }
                _ => panic!("what is this line? {line}"),
            }
        }
        let curve = |said: BTreeMap<usize, Vec<f64>>| {
            said.into_iter().map(|(x, costs)| (x as f64, super::median(costs))).collect::<Vec<_>>()
        };
        let curves = |said: BTreeMap<&str, BTreeMap<usize, Vec<f64>>>| {
            said.into_iter().map(|(contender, said)| (contender.to_owned(), curve(said))).collect()
        };
        Self {
            rows: rows.iter().map(|said| Row::middle(said)).collect(),
            plots: plots.into_iter().map(|(plot, said)| (plot.to_owned(), curves(said))).collect(),
        }
    }
}

impl Row {
    fn is_of_the_same(&self, other: &Self) -> bool {
        [&self.path, &self.contender, &self.threads, &self.goal]
            == [&other.path, &other.contender, &other.threads, &other.goal]
    }

    /// The middle cost and the middle ratio of what was said, with the verdict on that ratio.
    fn middle(said: &[Self]) -> Self {
        let by = |text: fn(&Self) -> &str| {
            let mut rows: Vec<&Self> = said.iter().filter(|row| !number(text(row)).is_nan()).collect();
            rows.sort_by(|a, b| number(text(a)).total_cmp(&number(text(b))));
            rows
        };
        let (costs, ratios) = (by(|row| &row.cost), by(|row| &row.ratio));
        let mut row = (*ratios.get(ratios.len() / 2).unwrap_or(&&said[0])).clone();
        if let Some(other) = costs.get(costs.len() / 2) {
            row.cost.clone_from(&other.cost);
        }
        if let (Some(lowest), Some(highest), 2..) = (ratios.first(), ratios.last(), ratios.len()) {
            row.range = Some((lowest.ratio.clone(), highest.ratio.clone()));
        }
        row
    }
}

/// The number that a text begins with, in nanoseconds if it is a time; what is not a number, if there is none.
fn number(text: &str) -> f64 {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let unit = if unit == "us" { 1e3 } else { 1.0 };
    number.parse().map_or(f64::NAN, |number: f64| number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Lines {
        Lines::read(&lines.join("\n").replace('|', "\t"))
    }

    #[test]
    fn of_several_processes_the_middle_one_counts() {
        let lines = read(&[
            "row|p|ours|1|9.50 ns|1.00||",
            "row|p|ours|1||0.90|>= 1 of x|MISSED",
            "row|p|ours|1|12 us|1.20||",
            "row|p|ours|1||1.10|>= 1 of x|met",
            "row|p|ours|1|10.50 ns|1.10||",
            "row|p|ours|1||1.05|>= 1 of x|met",
            "row|p|ours|2|3.00 ns|1.00||",
        ]);
        let said: Vec<[&str; 3]> = lines.rows.iter().map(|row| [&row.cost[..], &row.ratio, &row.met]).collect();
        assert_eq!(said, [["10.50 ns", "1.10", ""], ["", "1.05", "met"], ["3.00 ns", "1.00", ""]]);
        assert_eq!(lines.rows[1].range, Some(("0.90".to_owned(), "1.10".to_owned())));
        assert_eq!(lines.rows[2].range, None);
    }

    #[test]
    fn a_process_that_was_busy_says_nothing_unless_all_were() {
        let busy = "row|p|ours|2||NaN|<= 1 of x|BUSY";
        let lines = read(&[busy, "row|p|ours|2||1.40|<= 1 of x|MISSED", busy]);
        assert_eq!((&lines.rows[0].ratio[..], &lines.rows[0].met[..]), ("1.40", "MISSED"));
        assert_eq!(read(&[busy, busy]).rows[0].met, "BUSY");
    }

    #[test]
    fn a_curve_goes_through_the_middle_of_its_points() {
        let points = ["point|t|ours|10|7", "point|t|ours|2|4", "point|t|ours|10|90", "point|t|ours|10|8"];
        assert_eq!(read(&points).plots["t"]["ours"], [(2.0, 4.0), (10.0, 8.0)]);
    }
}
