//! What the core promises, said a second time and as simply as can be: each model records the same thing in a table of
//! the core and in a map or a vector, and compares. The property tests and the fuzz targets share them.

#![allow(unreachable_pub)] // the fuzz crate shows them to its targets

pub mod encoded;
pub mod exponential;
pub mod exposition;
pub mod families;
pub mod histogram;
pub mod keyed;
pub mod learned;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use picometer::stripe::Pick;
use picometer::visit::{Key, LabelVisitor, Metric, Number, Point, Value};

pub use exposition::prometheus_name;

/// Labels as text, in the order in which they are shown.
pub type Labels = Vec<(String, String)>;

/// From here on an amount is absurd.
const ABSURD: u64 = 1 << 48;

/// The most that absurd amounts take a total to.
const CEILING: u64 = u64::MAX - (1 << 60) + 1;

/// A total that grew by `n`.
fn grown(total: u64, n: u64) -> u64 {
    if n < ABSURD { total.wrapping_add(n) } else { total.max(total.saturating_add(n).min(CEILING)) }
}

/// Checks the sum of these values, which may be spread over several cells: it is exact up to the ceiling, and is not
/// below it when the exact sum is not.
fn check_sum(sum: u64, values: impl IntoIterator<Item = u64>) {
    let exact: u128 = values.into_iter().map(u128::from).sum();
    assert!(exact >= sum.into(), "the sum {sum} of {exact}");
    assert!(sum >= u64::try_from(exact).map_or(CEILING, |exact| exact.min(CEILING)), "the sum {sum} of {exact}");
}

thread_local! {
    static STRIPE: Cell<usize> = const { Cell::new(0) };
}

/// Picks the stripe that was last [chosen](choose_stripe).
pub struct Chosen;

impl Pick for Chosen {
    fn pick() -> usize {
        STRIPE.get()
    }
}

/// Lets this thread record on another stripe from now on.
pub fn choose_stripe(number: usize) {
    STRIPE.set(number);
}

/// The value that is shown for all that does not fit.
pub fn overflow() -> Labels {
    vec![("otel.metric.overflow".to_owned(), "true".to_owned())]
}

/// The live series of a metric of numbers, or of histograms by their counts.
pub fn series<M: Metric>(metric: &M) -> BTreeMap<Labels, i128> {
    let mut all = BTreeMap::new();
    for position in (0..M::POSITIONS).filter(|position| metric.is_live(*position)) {
        let value = metric.point(position, |point| match point {
            Point::Number(Number::Unsigned(value)) => value.into(),
            Point::Number(Number::Signed(value)) => value.into(),
            Point::Histogram(point) => point.count.into(),
            other => panic!("{other:?}"),
        });
        let labels = labels(metric, position);
        assert_eq!(all.insert(labels.clone(), value.unwrap()), None, "{labels:?} is there once");
    }
    all
}

/// The labels at a position.
pub fn labels<M: Metric>(metric: &M, position: usize) -> Labels {
    struct Collected(Labels);
    impl LabelVisitor for Collected {
        type Error = Infallible;

        fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), Infallible> {
            let value = match value {
                Value::Text(text) => text.to_owned(),
                Value::Int(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
            };
            assert_eq!(key.prometheus, prometheus_name(key.name));
            self.0.push((key.name.to_owned(), value));
            Ok(())
        }
    }
    let mut collected = Collected(Labels::new());
    let Ok(()) = metric.labels(position, &mut collected);
    collected.0
}
