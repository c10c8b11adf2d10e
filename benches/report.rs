//! Says which goals were met, by the lines that the benchmarks left.
//!
//! `report LINES [write]`; `write` turns them into `benches/RESULTS.md`, its plots and the table in README.md.
//!
//! It fails when a goal in bytes or allocations is missed: that is not the fault of a busy machine.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use picometer_benches::{Machine, OF_ONE_THREAD};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

struct Row<'a> {
    path: &'a str,
    contender: &'a str,
    threads: &'a str,
    cost: &'a str,
    ratio: &'a str,
    goal: &'a str,
    met: &'a str,
}

type Curves<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

fn main() -> ExitCode {
    let file = env::args().nth(1).expect("report LINES [write]");
    let lines = fs::read_to_string(&file).expect("the lines can be read");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(folder.join("../Cargo.lock")).expect("there is a lock file");

    let mut rows = Vec::new();
    let mut plots: BTreeMap<&str, Curves<'_>> = BTreeMap::new();
    for line in lines.lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["row", path, contender, threads, cost, ratio, goal, met] => {
                rows.push(Row { path, contender, threads, cost, ratio, goal, met });
            }
            ["point", plot, contender, x, y] => {
                let point = (x.parse().expect("a number"), y.parse().expect("a number"));
                plots.entry(plot).or_default().entry(contender).or_default().push(point);
            }
            _ => panic!("what is this line? {line}"),
        }
    }
    let summary = summary(&rows);
    println!("{summary}");
    let is_certain = |row: &&Row<'_>| row.met == "MISSED" && ["memory", "cardinality_attack"].contains(&row.path);
    let code = if rows.iter().any(|row| is_certain(&row)) { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if env::args().nth(2).as_deref() != Some("write") {
        return code;
    }
    let machine = Machine::this(&lock);
    for (plot, curves) in &plots {
        draw(&folder.join("plots").join(format!("{plot}.svg")), plot, curves);
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

/// Which goals were met, and how far from the others even bare atomics are.
fn summary(rows: &[Row<'_>]) -> String {
    let goals: Vec<&Row<'_>> = rows.iter().filter(|row| !row.goal.is_empty()).collect();
    let missed: Vec<&&Row<'_>> = goals.iter().filter(|row| row.met != "met").collect();
    let mut text = format!("{} of {} goals met.\n", goals.len() - missed.len(), goals.len());
    for Row { path, contender, threads, ratio, goal, met, .. } in missed {
        let _ = write!(text, "\n- {met}: `{path}`, {contender}, threads: {threads}: {ratio}, goal {goal}.");
        let cost = |is_it: &dyn Fn(&str) -> bool| {
            let mut costs = rows.iter().filter(|row| row.path == *path && row.threads == "1" && is_it(row.contender));
            let (number, unit) = costs.find(|row| !row.cost.is_empty())?.cost.split_once(' ')?;
            number.parse::<f64>().ok().filter(|_| unit == "ns")
        };
        if let (true, Some(peer), Some(floor)) =
            (goal.starts_with(">="), cost(&|name| name == *contender), cost(&|name| name.contains("bare atomic")))
        {
            let _ = write!(text, " Bare atomics, which do nothing else, would reach {:.2}.", peer / floor);
        }
        let is_control = |row: &&Row<'_>| row.path == *path && row.met == OF_ONE_THREAD;
        if let Some(row) = rows.iter().find(is_control).filter(|_| goal.ends_with(OF_ONE_THREAD)) {
            let _ = write!(text, " Two threads that share nothing take {} of one here.", row.ratio);
        }
    }
    text
}

/// What a recording costs everybody.
fn table(rows: &[Row<'_>], machine: &Machine) -> String {
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
                let row = rows.iter().find(|row| row.path == path && row.threads == threads && is_it(row.contender));
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

fn markdown(rows: &[Row<'_>], plots: &BTreeMap<&str, Curves<'_>>, machine: &Machine, summary: &str) -> String {
    let mut text = String::from("# Results\n\n");
    let _ = writeln!(text, "Written by `ci/bench.sh`. How it is measured is in `lib.rs`.\n");
    let _ = writeln!(text, "- {}\n- {}\n- {}", machine.processor, machine.system, machine.compiler);
    let _ = writeln!(text, "- {}\n", machine.versions.join(", "));
    let _ = writeln!(
        text,
        "A cost is of one operation on each thread, the median of all rounds. A ratio is the median of the ratios within a \
         round: of a contender to ours (the first of its path), or in a row with a goal of a contender to what the goal \
         names. In `memory` it is the allocations of a recording, in `cardinality_attack` the slowest recording.\n"
    );
    let _ = writeln!(text, "{summary}\n");
    let _ = writeln!(text, "| path | contender | threads | cost | ratio | goal | |\n|---|---|---|---|---|---|---|");
    for row in rows {
        let Row { path, contender, threads, cost, ratio, goal, met } = row;
        let _ = writeln!(text, "| {path} | {contender} | {threads} | {cost} | {ratio} | {goal} | {met} |");
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

/// Cost against the number of something, both logarithmic. Each curve has its name at its end, in its colour, which is
/// the same in every plot.
fn draw(path: &Path, plot: &str, curves: &Curves<'_>) {
    let points = || curves.values().flatten();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        low..points().map(of).fold(low, f64::max)
    };
    let (x, y) = (range(|point| point.0), range(|point| point.1));
    let y = y.start * 0.8..y.end * 1.25;
    let mut places: Vec<f64> = points().map(|point| point.0).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let root = SVGBackend::new(path, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE).expect("it can be drawn");
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .margin_right(NAMES)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .caption(format!("Nanoseconds of a recording, by the number of {plot}"), ("sans-serif", 18))
        .build_cartesian_2d(
            x.clone().log_scale().with_key_points(places),
            y.clone().log_scale().with_key_points(ticks(&y)),
        )
        .expect("it can be drawn");
    chart
        .configure_mesh()
        .x_desc(plot)
        .y_desc("ns")
        .x_label_formatter(&|x| format!("{x}"))
        .y_label_formatter(&|y| format!("{y}"))
        .draw()
        .expect("it can be drawn");
    let mut ends = Vec::new();
    for (contender, points) in curves {
        let style = color(contender).stroke_width(if contender.starts_with("picometer") { 3 } else { 1 });
        let line = LineSeries::new(points.iter().copied(), style).point_size(3);
        chart.draw_series(line).expect("it can be drawn");
        if let Some(last) = points.last() {
            ends.push((*contender, chart.backend_coord(last)));
        }
    }
    // Where curves end close together, their names move down.
    ends.sort_by_key(|(_, (_, y))| *y);
    let mut free = i32::MIN;
    for (contender, (x, y)) in ends {
        let y = y.max(free);
        free = y + 16;
        let font = ("sans-serif", 13).into_font().color(&color(contender)).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(contender.to_owned(), (x + 10, y), font)).expect("it can be drawn");
    }
    root.present().expect("it can be written");
}

/// The size of a plot, and how much of its width is for the names of the curves.
const WIDTH: u32 = 900;
const HEIGHT: u32 = 480;
const NAMES: u32 = 200;

/// The colour of a contender: ours dark, peers light, and grey what only controls.
fn color(contender: &str) -> RGBColor {
    const COLORS: [(&str, RGBColor); 10] = [
        ("picometer", RGBColor(0x11, 0x55, 0xCC)),
        ("picometer, one stripe", RGBColor(0x66, 0xA3, 0xE0)),
        ("picometer, stripe by thread", RGBColor(0x00, 0x99, 0x88)),
        ("picometer, nothing shared", RGBColor(0x88, 0x88, 0x88)),
        ("prometheus", RGBColor(0xE6, 0x52, 0x2C)),
        ("prometheus-client", RGBColor(0xB8, 0x7A, 0x00)),
        ("metrics", RGBColor(0x9B, 0x30, 0xB0)),
        ("opentelemetry sdk", RGBColor(0xD0, 0x30, 0x70)),
        ("measured", RGBColor(0x5A, 0x8F, 0x1D)),
        ("fastmetrics", RGBColor(0x8C, 0x56, 0x4B)),
    ];
    COLORS.iter().find(|(name, _)| *name == contender).map_or(RGBColor(0x88, 0x88, 0x88), |(_, color)| *color)
}

/// 1, 2 and 5 of each power of ten within a range.
fn ticks(range: &Range<f64>) -> Vec<f64> {
    let powers = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let ticks = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    ticks.filter(|tick| range.contains(tick)).collect()
}
