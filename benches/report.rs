//! Turns the lines that the benchmarks left into one table, `benches/RESULTS.md` and its plots.
//!
//! `report LINES`

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use picometer_benches::Machine;
use plotters::prelude::*;

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

fn main() {
    let file = env::args().nth(1).expect("report LINES");
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
    for (plot, curves) in &plots {
        draw(&folder.join("plots").join(format!("{plot}.svg")), plot, curves);
    }
    fs::write(folder.join("RESULTS.md"), markdown(&rows, &plots, &Machine::this(&lock))).expect("it can be written");

    let goals: Vec<&Row<'_>> = rows.iter().filter(|row| !row.goal.is_empty()).collect();
    let missed: Vec<&&Row<'_>> = goals.iter().filter(|row| row.met != "met").collect();
    println!("{} of {} goals met", goals.len() - missed.len(), goals.len());
    for row in missed {
        println!(
            "missed: {} {} on {} threads: {} {}, goal {}",
            row.path, row.contender, row.threads, row.cost, row.ratio, row.goal
        );
    }
}

fn markdown(rows: &[Row<'_>], plots: &BTreeMap<&str, Curves<'_>>, machine: &Machine) -> String {
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
    let _ = writeln!(text, "| path | contender | threads | cost | ratio | goal | |\n|---|---|---|---|---|---|---|");
    for row in rows {
        let Row { path, contender, threads, cost, ratio, goal, met } = row;
        let _ = writeln!(text, "| {path} | {contender} | {threads} | {cost} | {ratio} | {goal} | {met} |");
    }
    for plot in plots.keys() {
        let _ = write!(text, "\n![Cost against the number of {plot}](plots/{plot}.svg)\n");
    }
    text
}

/// Cost against the number of something, both logarithmic.
fn draw(path: &Path, plot: &str, curves: &Curves<'_>) {
    let points = || curves.values().flatten();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        low..points().map(of).fold(low, f64::max)
    };
    let (x, y) = (range(|point| point.0), range(|point| point.1));
    let root = SVGBackend::new(path, (800, 480)).into_drawing_area();
    root.fill(&WHITE).expect("it can be drawn");
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .caption(format!("Nanoseconds of a recording, by the number of {plot}"), ("sans-serif", 18))
        .build_cartesian_2d(x.log_scale(), (y.start * 0.8..y.end * 1.25).log_scale())
        .expect("it can be drawn");
    chart.configure_mesh().x_desc(plot).y_desc("ns").draw().expect("it can be drawn");
    for (at, (contender, points)) in curves.iter().enumerate() {
        let color = Palette99::pick(at).to_rgba();
        let ours = contender.starts_with("picometer");
        let style = color.stroke_width(if ours { 3 } else { 1 });
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))
            .expect("it can be drawn")
            .label(*contender)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()
        .expect("it can be drawn");
    root.present().expect("it can be written");
}
