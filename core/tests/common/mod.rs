//! What several tests need.

use std::collections::HashMap;

use picometer::visit::{Key, LabelVisitor, Metric, Number, Point, Value};

/// The series of a metric: labels in the order of their keys, and value.
pub(crate) fn series<M: Metric>(metric: &M) -> HashMap<String, u64> {
    struct Joined(String);
    impl LabelVisitor for Joined {
        type Error = std::convert::Infallible;
        fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), Self::Error> {
            let value = match value {
                Value::Text(text) => text.to_owned(),
                Value::Int(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
            };
            self.0.push_str(&format!("{}={value};", key.name));
            Ok(())
        }
    }
    let mut all = HashMap::new();
    for position in (0..M::POSITIONS).filter(|position| metric.is_live(*position)) {
        let mut labels = Joined(String::new());
        let Ok(()) = metric.labels(position, &mut labels);
        let value = metric.point(position, |point| match point {
            Point::Number(Number::Unsigned(value)) => value,
            Point::Histogram(point) => point.count,
            other => panic!("{other:?}"),
        });
        assert_eq!(all.insert(labels.0, value.unwrap()), None, "a series is there once");
    }
    all
}
