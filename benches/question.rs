//! A question, the contenders that answer it, and the goals that the answer is held to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::Criterion;

use crate::lines;
use crate::rounds::{Batch, Case, Rounds, median};

/// One benchmark: contenders that do the same, ours first.
pub struct Question<'a> {
    path: &'static str,
    contenders: Vec<Contender<'a>>,
    goals: Vec<Goal>,
    threads: Vec<usize>,
}

struct Contender<'a> {
    name: &'static str,
    batch: Box<Batch<'a>>,
    after: Box<dyn Fn() + 'a>,
}

/// The contender whose threads have metrics of their own.
const NOTHING_SHARED: &str = "picometer, nothing shared";

/// What the time of two threads is held against.
pub const OF_ONE_THREAD: &str = "of one thread";

/// A limit on the ratio of two contenders' times.
struct Goal {
    of: (&'static str, usize),
    over: (&'static str, usize),
    limit: Limit,
}

#[derive(Clone, Copy)]
enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Limit {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(limit) => ratio >= limit,
            Self::AtMost(limit) => ratio <= limit,
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
            Self::AtMost(limit) => write!(f, "<= {limit}"),
        }
    }
}

impl<'a> Question<'a> {
    /// A question without contenders. Each will be measured on one thread and on two.
    #[must_use]
    pub fn new(path: &'static str) -> Self {
        Self { path, contenders: Vec::new(), goals: Vec::new(), threads: vec![1, 2] }
    }

    /// Measures on these numbers of threads instead.
    #[must_use]
    pub fn on_threads(mut self, threads: &[usize]) -> Self {
        self.threads = threads.to_vec();
        self
    }

    /// A contender: `operation` is called with the number of the step. The first is ours.
    #[must_use]
    pub fn contender(self, name: &'static str, operation: impl Fn(usize) + Sync + 'a) -> Self {
        let next = AtomicUsize::new(0);
        self.batch(name, move |n| {
            // Each batch goes on where the one before ended: of many inputs, those that come late are recorded as well.
            let first = next.fetch_add(n, Ordering::Relaxed);
            for step in first..first + n {
                operation(step);
            }
        })
    }

    /// A contender that runs the loop itself, with something that each thread needs for itself.
    #[must_use]
    pub fn batch(self, name: &'static str, batch: impl Fn(usize) + Sync + 'a) -> Self {
        self.drained(name, batch, || ())
    }

    /// A contender whose memory grows with each recording until `drain` is called.
    #[must_use]
    pub fn drained(mut self, name: &'static str, batch: impl Fn(usize) + Sync + 'a, drain: impl Fn() + 'a) -> Self {
        self.contenders.push(Contender { name, batch: Box::new(batch), after: Box::new(drain) });
        self
    }

    /// Ours is at least `factor` times as fast as this one, on one thread.
    #[must_use]
    pub fn faster_than(self, peer: &'static str, factor: f64) -> Self {
        let ours = self.contenders[0].name;
        self.beats(ours, peer, factor)
    }

    /// `ours` is at least `factor` times as fast as `peer`, on one thread.
    #[must_use]
    pub fn beats(self, ours: &'static str, peer: &'static str, factor: f64) -> Self {
        self.goal((peer, 1), (ours, 1), Limit::AtLeast(factor))
    }

    /// `contender` takes at most `factor` of the time of `other`, on one thread.
    #[must_use]
    pub fn at_most(self, contender: &'static str, factor: f64, other: &'static str) -> Self {
        self.goal((contender, 1), (other, 1), Limit::AtMost(factor))
    }

    /// Each of two threads takes at most `factor` of what one alone takes.
    #[must_use]
    pub fn flat(self, contender: &'static str, factor: f64) -> Self {
        self.goal((contender, 2), (contender, 1), Limit::AtMost(factor))
    }

    /// Each of two threads takes at most `factor` of what one alone takes; and so that it can be told whose fault it is
    /// when this is missed, `private` does the same with metrics that each thread has for itself: what its threads lose,
    /// the machine takes, whose processors may be two halves of one core.
    #[must_use]
    pub fn flat_beside(self, contender: &'static str, factor: f64, private: impl Fn(usize) + Sync + 'a) -> Self {
        self.flat(contender, factor).batch(NOTHING_SHARED, private)
    }

    /// Ours is at least `factor` times as fast as this one, on each of two threads at once.
    #[must_use]
    pub fn faster_at_once_than(self, peer: &'static str, factor: f64) -> Self {
        let ours = self.contenders[0].name;
        self.goal((peer, 2), (ours, 2), Limit::AtLeast(factor))
    }

    fn goal(mut self, of: (&'static str, usize), over: (&'static str, usize), limit: Limit) -> Self {
        self.goals.push(Goal { of, over, limit });
        self
    }

    /// Answers the question: in interleaved rounds if the arguments ask for them, with criterion otherwise.
    pub fn answer(self) {
        match Rounds::from_args() {
            Some(rounds) => self.claim(rounds),
            None => self.read(),
        }
    }

    /// Times of every contender on every number of threads, as points of a plot over the number of threads.
    pub fn plot_threads(self) {
        let Some(rounds) = Rounds::from_args() else { return self.read() };
        let times = self.measure(rounds);
        for (at, contender) in self.contenders.iter().enumerate() {
            for (threads, times) in self.threads.iter().zip(&times[at * self.threads.len()..]) {
                lines::point(self.path, contender.name, *threads, median(times.iter().copied()));
            }
        }
        self.judge(&times);
    }

    /// Times of every contender on one thread, as the points at `x` of a plot.
    pub fn plot_at(self, x: usize) {
        let Some(rounds) = Rounds::from_args() else { return self.read() };
        let question = self.on_threads(&[1]);
        for (contender, times) in question.contenders.iter().zip(question.measure(rounds)) {
            lines::point(question.path, contender.name, x, median(times));
        }
    }

    fn measure(&self, rounds: Rounds) -> Vec<Vec<f64>> {
        let cases: Vec<Case<'_>> = self
            .contenders
            .iter()
            .flat_map(|contender| {
                let Contender { batch, after, .. } = contender;
                self.threads.iter().map(|threads| Case { batch, threads: *threads, after })
            })
            .collect();
        rounds.measure(&cases)
    }

    fn claim(self, rounds: Rounds) {
        let times = self.measure(rounds);
        let ours = self.contenders[0].name;
        for threads in self.threads.iter().copied() {
            for contender in &self.contenders {
                let its = self.of(&times, contender.name, threads);
                let cost = time(median(its.iter().copied()));
                let ratio = format!("{:.2}", ratio(its, self.of(&times, ours, threads)));
                lines::row(self.path, contender.name, threads, &cost, &ratio, "", "");
            }
        }
        self.judge(&times);
    }

    /// Holds the times to the goals.
    fn judge(&self, times: &[Vec<f64>]) {
        for Goal { of: a, over: b, limit } in &self.goals {
            let ratio = ratio(self.of(times, a.0, a.1), self.of(times, b.0, b.1));
            let goal = if a.0 == b.0 { format!("{limit} {OF_ONE_THREAD}") } else { format!("{limit} of {}", b.0) };
            let met = match limit.holds(ratio) {
                _ if ratio.is_nan() => "BUSY",
                true => "met",
                false => "MISSED",
            };
            lines::row(self.path, a.0, a.1, "", &format!("{ratio:.2}"), &goal, met);
        }
        if self.contenders.iter().any(|contender| contender.name == NOTHING_SHARED) {
            let ratio = ratio(self.of(times, NOTHING_SHARED, 2), self.of(times, NOTHING_SHARED, 1));
            lines::row(self.path, NOTHING_SHARED, 2, "", &format!("{ratio:.2}"), OF_ONE_THREAD, "");
        }
    }

    /// The times of a contender on so many threads.
    fn of<'t>(&self, times: &'t [Vec<f64>], contender: &str, threads: usize) -> &'t [f64] {
        let contender = self.contenders.iter().position(|other| other.name == contender).expect("a contender");
        let threads = self.threads.iter().position(|other| *other == threads).expect("a number of threads");
        &times[contender * self.threads.len() + threads]
    }

    fn read(self) {
        let mut criterion = Criterion::default()
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1))
            .configure_from_args();
        let mut group = criterion.benchmark_group(self.path);
        for Contender { name, batch, after } in &self.contenders {
            group.bench_function(*name, |bencher| {
                bencher.iter_custom(|n| {
                    let start = Instant::now();
                    batch(usize::try_from(n).expect("a number of iterations"));
                    let time = start.elapsed();
                    after();
                    time
                });
            });
        }
        group.finish();
        criterion.final_summary();
    }
}

/// The median of the ratios of the same round.
fn ratio(a: &[f64], b: &[f64]) -> f64 {
    median(a.iter().zip(b).map(|(a, b)| a / b))
}

/// Nanoseconds, or microseconds when there are many.
fn time(nanoseconds: f64) -> String {
    if nanoseconds < 10_000.0 { format!("{nanoseconds:.2} ns") } else { format!("{:.0} us", nanoseconds / 1e3) }
}
