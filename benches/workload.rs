//! What is recorded: the same for everybody.

use picometer::{Label, LabelSet};

use crate::rounds::Random;

/// How many inputs are prepared: a power of two, and more than a branch predictor learns by heart in a batch.
pub const INPUTS: usize = 1 << 12;

/// The bounds of `http.server.request.duration`, in seconds.
pub const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The keys of the three string labels.
pub const KEYS: [&str; 3] = ["method", "route", "status"];

/// The values of the three string labels.
pub type Labels = [String; 3];

/// One duration, as each contender wants it.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// In whole nanoseconds.
    pub nanoseconds: u64,
    /// In seconds.
    pub seconds: f64,
}

/// Inputs in a random order. How many is a power of two.
#[derive(Debug)]
pub struct Inputs<T>(Vec<T>);

impl<T: Clone> Inputs<T> {
    /// Inputs drawn from `values`, each as likely as any other.
    #[must_use]
    pub fn drawn(values: &[T]) -> Self {
        let mut random = Random::new();
        let len = INPUTS.max(values.len().next_power_of_two());
        let mut inputs: Vec<T> = values.iter().cycle().take(len).cloned().collect();
        random.shuffle(&mut inputs);
        Self(inputs)
    }

    /// The input of this step. The compiler does not know what it finds there, since the inputs are made at run time; to
    /// hide the place from it as well would put a trip through memory before each recording, on everybody's clock.
    #[inline]
    pub fn at(&self, step: usize) -> &T {
        &self.0[step & (self.0.len() - 1)]
    }
}

/// Durations as a service has them: log-normal around 60 ms with a spread of a factor of 4, so that every bucket of
/// [`BOUNDS`] gets some.
#[must_use]
pub fn latencies() -> Inputs<Latency> {
    let mut random = Random::new();
    let values: Vec<Latency> = (0..INPUTS)
        .map(|_| {
            // The sum of twelve uniform numbers less six is nearly normal.
            let normal = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
            let nanoseconds = (0.06 * (normal * 4_f64.ln()).exp() * 1e9) as u64;
            Latency { nanoseconds, seconds: nanoseconds as f64 / 1e9 }
        })
        .collect();
    Inputs(values)
}

/// `4 * routes * 5` combinations of method, route and status.
#[must_use]
pub fn labels(routes: usize) -> Vec<Labels> {
    const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
    const STATUSES: [&str; 5] = ["200", "201", "400", "404", "500"];
    let combine = |n: usize| {
        let (method, route, status) = (n % 4, n / 20, n / 4 % 5);
        [METHODS[method].to_owned(), format!("/v1/test/{route:05}"), STATUSES[status].to_owned()]
    };
    (0..20 * routes).map(combine).collect()
}

/// A label with one value, for an instrument that is striped and has no labels.
#[derive(Debug, Clone, Copy, Label)]
pub enum Only {
    /// That value.
    All,
}

/// No labels.
#[derive(Debug, Clone, Copy, LabelSet)]
pub struct NoLabels {
    only: Only,
}

/// The one series of [`NoLabels`].
pub const ALL: NoLabels = NoLabels { only: Only::All };

/// The three labels as a list of pairs.
#[inline]
#[must_use]
pub fn pairs(labels: &Labels) -> [(&str, &str); 3] {
    let [method, route, status] = labels;
    [(KEYS[0], method), (KEYS[1], route), (KEYS[2], status)]
}
