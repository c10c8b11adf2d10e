//! Interleaved rounds: what makes a ratio of two times worth stating.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

/// Runs a number of operations of one contender, on the thread that calls it.
pub type Batch<'a> = dyn Fn(usize) + Sync + 'a;

/// How often and how long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    /// How many rounds.
    pub count: usize,
    /// How long a batch takes, about: shorter than a scheduler's slice, so that most batches are not interrupted.
    pub batch: Duration,
}

/// A contender's batch, and on how many threads it runs.
pub struct Case<'a> {
    /// What runs on each thread.
    pub batch: &'a Batch<'a>,
    /// How many threads.
    pub threads: usize,
    /// Called when a batch is over, off the clock.
    pub after: &'a dyn Fn(),
}

impl Rounds {
    /// What the arguments ask for: `--rounds N`, or nothing.
    #[must_use]
    pub fn from_args() -> Option<Self> {
        let count = std::env::args().skip_while(|arg| arg != "--rounds").nth(1)?;
        Some(Self { count: count.parse().expect("--rounds takes a number"), batch: Duration::from_millis(1) })
    }

    /// The nanoseconds that one operation takes on each thread: for each case one figure a round, which is not a number
    /// when the machine was too busy for the threads to run at once.
    #[must_use]
    pub fn measure(self, cases: &[Case<'_>]) -> Vec<Vec<f64>> {
        // The closures that follow a batch stay on this thread.
        let batches: Vec<&Batch<'_>> = cases.iter().map(|case| case.batch).collect();
        let threads = cases.iter().map(|case| case.threads).max().unwrap_or(1);
        let processors = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let workers: Vec<Worker> = (0..threads).map(|_| Worker::start(scope, &batches)).collect();
            let try_run = |case: usize, n: usize| {
                let waiting = Arc::new(AtomicUsize::new(cases[case].threads));
                let workers = &workers[..cases[case].threads];
                for worker in workers {
                    worker.jobs.send(Job { case, n, waiting: Arc::clone(&waiting) }).expect("the worker waits");
                }
                let times: Vec<Time> =
                    workers.iter().map(|worker| worker.times.recv().expect("the worker answers")).collect();
                (cases[case].after)();
                (mean(&times), times.len() > processors || were_at_once(&times))
            };
            // On a busy machine two threads may take turns on one processor, which says nothing of two at once.
            let run = |case: usize, n: usize| {
                (0..ATTEMPTS).map(|_| try_run(case, n)).find_map(|(time, at_once)| at_once.then_some(time))
            };
            let sizes: Vec<usize> = (0..cases.len()).map(|case| self.calibrate(|n| try_run(case, n).0)).collect();
            let mut times = vec![Vec::with_capacity(self.count); cases.len()];
            let mut order: Vec<usize> = (0..cases.len()).collect();
            let mut random = Random::new();
            for _ in 0..self.count {
                random.shuffle(&mut order);
                for case in order.iter().copied() {
                    let time = run(case, sizes[case]);
                    times[case].push(time.map_or(f64::NAN, |time| time.as_nanos() as f64 / sizes[case] as f64));
                }
            }
            times
        })
    }

    /// How many operations take as long as a batch should.
    fn calibrate(self, mut run: impl FnMut(usize) -> Duration) -> usize {
        let mut n = 1;
        loop {
            let time = run(n);
            if time * 2 > self.batch {
                let batch = n as f64 * self.batch.as_secs_f64() / time.as_secs_f64();
                return (batch as usize).max(1);
            }
            n *= 2;
        }
    }
}

/// When a thread began its batch, and when it ended.
type Time = (Instant, Instant);

/// How often a batch is tried until its threads run at once.
const ATTEMPTS: usize = 20;

fn mean(times: &[Time]) -> Duration {
    let total: Duration = times.iter().map(|(start, end)| *end - *start).sum();
    total / u32::try_from(times.len()).expect("a few threads")
}

/// Whether the threads overlapped for nearly all of the time.
fn were_at_once(times: &[Time]) -> bool {
    let starts = times.iter().map(|(start, _)| *start);
    let ends = times.iter().map(|(_, end)| *end);
    let (Some(last_start), Some(first_end)) = (starts.max(), ends.min()) else { return false };
    first_end.saturating_duration_since(last_start) * 4 >= mean(times) * 3
}

/// A thread that lives as long as the measurement does, and so keeps its stack, its stripe and its cache.
struct Worker {
    jobs: Sender<Job>,
    times: Receiver<Time>,
}

struct Job {
    case: usize,
    n: usize,
    /// How many of those that run this batch have not come to the start yet.
    waiting: Arc<AtomicUsize>,
}

impl Worker {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, batches: &'scope [&Batch<'_>]) -> Self {
        let (jobs, work) = channel::<Job>();
        let (done, times) = channel();
        scope.spawn(move || {
            for Job { case, n, waiting } in work {
                waiting.fetch_sub(1, Ordering::AcqRel);
                let mut spins = 0_u32;
                while waiting.load(Ordering::Acquire) > 0 {
                    spin_loop();
                    spins += 1;
                    // With more threads than processors somebody has to let the others come.
                    if spins.is_multiple_of(1 << 12) {
                        thread::yield_now();
                    }
                }
                let start = Instant::now();
                batches[case](n);
                if done.send((start, Instant::now())).is_err() {
                    return;
                }
            }
        });
        Self { jobs, times }
    }
}

/// The middle one of those figures that are numbers.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().filter(|figure| !figure.is_nan()).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Marsaglia's xorshift64: the same order in each run.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The start of the sequence.
    #[must_use]
    pub fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Puts `items` into an order in which each is as likely as any other.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, (self.number() % (end as u64 + 1)) as usize);
        }
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}
