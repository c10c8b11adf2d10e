//! Says which goals were met, by the lines that the benchmarks left.
//!
//! `report LINES [write]`; `write` turns them into `benches/RESULTS.md`, its plots and the table in README.md.
//!
//! It fails when a goal in bytes or allocations is missed: that is not the fault of a busy machine.

mod plot;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use picometer_benches::lines::{Curves, Lines, Row};
use picometer_benches::{Machine, OF_ONE_THREAD};

fn main() -> ExitCode {
    let file = env::args().nth(1).expect("report LINES [write]");
    let lines = fs::read_to_string(&file).expect("the lines can be read");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(folder.join("../Cargo.lock")).expect("there is a lock file");

    let Lines { rows, plots } = Lines::read(&lines);
    for row in &rows {
        let Row { path, contender, threads, cost, goal, met, .. } = row;
        let ratio = ratio(row);
        let line = format!("{path:<24} {contender:<36} {threads:>2}T {cost:>14}  {ratio:<20} {goal:<28} {met}");
        println!("{}", line.trim_end());
    }
    let summary = summary(&rows);
    println!("\n{summary}");
    let is_certain = |row: &&Row| row.met == "MISSED" && ["memory", "cardinality_attack"].contains(&&row.path[..]);
    let code = if rows.iter().any(|row| is_certain(&row)) { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if env::args().nth(2).as_deref() != Some("write") {
        return code;
    }
    let machine = Machine::this(&lock);
    for (plot, curves) in &plots {
        plot::draw(&folder.join("plots").join(format!("{plot}.svg")), plot, curves);
    }
    fs::write(folder.join("RESULTS.md"), markdown(&rows, &plots, &machine, &summary)).expect("it can be written");
    let readme = folder.join("../README.md");
    let text = fs::read_to_string(&readme).expect("there is a README.md");
    let (before, rest) = text.split_once(TABLE_BEGINS).expect("README.md has a place for the table");
    let (_, after) = rest.split_once(TABLE_ENDS).expect("the place for the table ends");
    let text = format!("{before}{TABLE_BEGINS}\n{}{TABLE_ENDS}{after}", table(&rows, &machine));
    fs::write(readme, text).expect("it can be written");
    code
}

/// Between these README.md has its table.
const TABLE_BEGINS: &str = "<!-- written by ci/bench.sh -->";
const TABLE_ENDS: &str = "<!-- until here -->";

/// A ratio, and how far apart the processes were when it is held to something.
fn ratio(row: &Row) -> String {
    match &row.range {
        Some((lowest, highest)) if !row.goal.is_empty() => format!("{} ({lowest} to {highest})", row.ratio),
        _ => row.ratio.clone(),
    }
}

/// Which goals were met, and how far from the others even bare atomics are.
fn summary(rows: &[Row]) -> String {
    let goals: Vec<&Row> = rows.iter().filter(|row| !row.met.is_empty()).collect();
    let missed: Vec<&&Row> = goals.iter().filter(|row| row.met != "met").collect();
    let mut text = format!("{} of {} goals met.\n", goals.len() - missed.len(), goals.len());
    for row in missed {
        let Row { path, contender, threads, goal, met, .. } = row;
        let _ = write!(text, "\n- {met}: `{path}`, {contender}, threads: {threads}: {}, goal {goal}.", ratio(row));
        let cost = |is_it: &dyn Fn(&str) -> bool| {
            let mut costs = rows.iter().filter(|row| row.path == *path && row.threads == "1" && is_it(&row.contender));
            let (number, unit) = costs.find(|row| !row.cost.is_empty())?.cost.split_once(' ')?;
            number.parse::<f64>().ok().filter(|_| unit == "ns")
        };
        if let (true, Some(peer), Some(floor)) =
            (goal.starts_with(">="), cost(&|name| name == *contender), cost(&|name| name.contains("bare atomic")))
        {
            let _ = write!(text, " Bare atomics, which do nothing else, would reach {:.2}.", peer / floor);
        }
        let is_control = |row: &&Row| row.path == *path && row.goal == OF_ONE_THREAD;
        if let Some(row) = rows.iter().find(is_control).filter(|_| goal.ends_with(OF_ONE_THREAD)) {
            let _ = write!(text, " Two threads that share nothing take {} of one here.", ratio(row));
        }
    }
    text
}

/// What a recording costs everybody.
fn table(rows: &[Row], machine: &Machine) -> String {
    const PATHS: [(&str, &str); 7] = [
        ("plain_counter", "a counter"),
        ("enum_labels", "three labels of few values"),
        ("string_labels", "three labels of run-time strings"),
        ("cached_handle", "a handle that was kept"),
        ("histogram", "a histogram of 14 bounds, with its sum"),
        ("exponential_histogram", "an exponential histogram, with its sum"),
        ("labelled_histogram", "a histogram with three labels of strings"),
    ];
    const CONTENDERS: [&str; 8] = [
        "picometer",
        "picometer, leased",
        "prometheus",
        "prometheus-client",
        "metrics",
        "opentelemetry sdk",
        "measured",
        "fastmetrics",
    ];
    let mut text = format!(
        "Nanoseconds of a recording on one thread / on each of two at once. {}, {}; medians of `ci/bench.sh`, all of them \
         and how they were measured in [benches/RESULTS.md](benches/RESULTS.md). But for the plain counter, picometer is \
         on four stripes; on one it costs the same alone, and more with two threads. A leased stripe is written by one \
         thread only. Peers are as their authors would have them: fastmetrics with `&'static str`, prometheus without \
         comparing keys, prometheus-client's native histogram.\n\n| |",
        machine.processor, machine.compiler
    );
    CONTENDERS.iter().for_each(|contender| text.push_str(&format!(" {contender} |")));
    text.push_str("\n|---|");
    CONTENDERS.iter().for_each(|_| text.push_str("---|"));
    text.push('\n');
    for (path, what) in PATHS {
        let _ = write!(text, "| {what} |");
        for contender in CONTENDERS {
            // What a contender is called may say more: `prometheus (inexact)`.
            let is_it = |name: &str| {
                name == contender
                    || name.strip_prefix(contender).is_some_and(|more| more.starts_with(" (") || more.starts_with(", "))
                        && contender != "picometer"
            };
            let cost = |threads: &str| {
                let row = rows.iter().find(|row| row.path == path && row.threads == threads && is_it(&row.contender));
                row.and_then(|row| row.cost.strip_suffix(" ns")?.parse::<f64>().ok())
            };
            let _ = match (cost("1"), cost("2")) {
                (Some(one), Some(two)) => write!(text, " {one:.1} / {two:.1} |"),
                _ => write!(text, " - |"),
            };
        }
        text.push('\n');
    }
    text
}

fn markdown(rows: &[Row], plots: &BTreeMap<String, Curves>, machine: &Machine, summary: &str) -> String {
    let mut text = String::from("# Results\n\n");
    let _ = writeln!(text, "Written by `ci/bench.sh`. How it is measured is in `lib.rs`.\n");
    let _ = writeln!(text, "- {}\n- {}\n- {}", machine.processor, machine.system, machine.compiler);
    let _ = writeln!(text, "- {}\n", machine.versions.join(", "));
    let _ = writeln!(
        text,
        "A cost is of one operation on each thread, a ratio is of two costs of the same round: of a contender to ours (the \
         first of its path), or in a row with a goal of a contender to what the goal names. Both are medians of the rounds \
         of a process, and of several processes the middle one; in brackets are the lowest and the highest of them. In \
         `memory` the ratio is the allocations of a recording, in `cardinality_attack` the slowest recording.\n"
    );
    let _ = writeln!(text, "{summary}\n");
    let _ = writeln!(text, "| path | contender | threads | cost | ratio | goal | |\n|---|---|---|---|---|---|---|");
    for row in rows {
        let Row { path, contender, threads, cost, goal, met, .. } = row;
        let _ = writeln!(text, "| {path} | {contender} | {threads} | {cost} | {} | {goal} | {met} |", ratio(row));
    }
    for (plot, curves) in plots {
        let _ = write!(text, "\n![Cost against the number of {plot}](plots/{plot}.svg)\n");
        let ends = curves.iter().filter_map(|(contender, points)| Some((contender, points.first()?, points.last()?)));
        let grown: Vec<String> =
            ends.clone().map(|(who, first, last)| format!("{who} {:.1}", last.1 / first.1)).collect();
        if let Some((_, first, last)) = ends.clone().next() {
            let _ = writeln!(
                text,
                "\nFrom {} {plot} to {}, costs become so many times as high: {}.",
                first.0,
                last.0,
                grown.join(", ")
            );
        }
    }
    text
}
