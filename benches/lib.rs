//! The peers side by side: each file in `benches/` answers the question in its name.
//!
//! ```text
//! cargo bench -p picometer-benches --bench plain_counter                 criterion, for reading
//! cargo bench -p picometer-benches --bench plain_counter -- --rounds 15   interleaved rounds, for claims
//! ci/bench.sh                                                            all of them, and RESULTS.md
//! ```
//!
//! # How a claim is measured
//! A machine is never quiet, and its clock changes while it measures. So no two contenders are measured one after the
//! other: each round runs a batch of every contender on one thread and on two, in an order that is shuffled
//! anew, and only times of the same round are divided by each other. The median of those ratios is what the process says.
//!
//! A process has luck: where its stack, its heap and its statics begin decides which of its addresses get into each
//! other's way, and that stays so for as long as it lives. So each benchmark is run in several processes, and what is
//! claimed is the middle one of what they say; how far apart they were stands beside it.
//!
//! # What is fair
//! Everybody gets the same labels and the same values in the same order, from an array that was filled at run time, in
//! the type that costs them least (seconds as `f64` for who wants floats, nanoseconds as `u64` for who wants integers).
//! Series are found anew at each recording, unless the question is what a kept handle costs. Metrics whose memory grows
//! with each recording are drained between batches, off the clock.
//!
//! # What a benchmark notices
//! `ci/bench-faults.sh` shows each a fault, and it misses a goal then.

pub mod lines;
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
