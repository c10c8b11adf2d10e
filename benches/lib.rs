//! The peers side by side: each file in `benches/` answers the question in its name.
//!
//! ```text
//! cargo bench -p picometer-benches --bench plain_counter                 criterion, for reading
//! cargo bench -p picometer-benches --bench plain_counter -- --rounds 101  interleaved rounds, for claims
//! ci/bench.sh                                                            all of them, and RESULTS.md
//! ```
//!
//! # How a claim is measured
//! A machine is never quiet, and its clock changes while it measures. So no two contenders are measured one after the
//! other: each round runs a batch of every contender on one thread and on two, in an order that is shuffled
//! anew, and only times of the same round are divided by each other. What is claimed is the median of those ratios.
//!
//! # What is fair
//! Everybody gets the same labels and the same values in the same order, from an array that was filled at run time, in
//! the type that costs them least (seconds as `f64` for who wants floats, nanoseconds as `u64` for who wants integers).
//! Series are found anew at each recording, unless the question is what a kept handle costs. Metrics whose memory grows
//! with each recording are drained between batches, off the clock.
//!
//! # What a benchmark notices
//! `ci/bench-faults.sh` shows each a fault, and it misses a goal then.

mod machine;
mod memory;
pub mod peers;
mod question;
mod rounds;
pub mod sets;
pub mod workload;

pub use machine::Machine;
pub use memory::{HEAP, Heap, heap};
pub use question::{OF_ONE_THREAD, Question};
pub use rounds::{Batch, Case, Random, Rounds, median};

/// Where results are collected, a line each: what [`Question`] prints, and what `report` reads.
pub mod line {
    use std::fs::OpenOptions;
    use std::io::Write;

    /// The environment variable that names the file.
    const FILE: &str = "PICOMETER_BENCH_RESULTS";

    /// A row of the table.
    pub fn row(path: &str, contender: &str, threads: usize, cost: &str, ratio: &str, goal: &str, met: &str) {
        println!("{path:<24} {contender:<36} {threads:>2}T {cost:>14} {ratio:>8}  {goal:<28} {met}");
        append(&["row", path, contender, &threads.to_string(), cost, ratio, goal, met]);
    }

    /// A point of a plot.
    pub fn point(plot: &str, contender: &str, x: usize, y: f64) {
        println!("{plot:<24} {contender:<36} {x:>8} {y:>10.2} ns");
        append(&["point", plot, contender, &x.to_string(), &y.to_string()]);
    }

    fn append(fields: &[&str]) {
        let Some(file) = std::env::var_os(FILE) else { return };
        let mut file = OpenOptions::new().create(true).append(true).open(file).expect("the results can be written");
        writeln!(file, "{}", fields.join("\t")).expect("the results can be written");
    }
}
