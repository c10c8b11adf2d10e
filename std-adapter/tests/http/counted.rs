//! What the metrics of HTTP have counted.

use std::collections::BTreeMap;
use std::convert::Infallible;

use picometer::MetricSet;
use picometer::visit::{Descriptor, Key, LabelVisitor, Metric, Number, Point, Scope, Value, Visitor};
use picometer_std::instrument::http::HTTP;

/// How often each series was counted. A series is spelled `GET /route status=200 error.type="panic"`, so that a number
/// differs from text.
pub(crate) type Counts = BTreeMap<String, u64>;

/// The series of the counter whose route begins like this. Those of the histogram have the same counts.
#[track_caller]
pub(crate) fn counted(route: &str) -> Counts {
    let [requests, durations] = visited(route);
    assert_eq!(requests, durations);
    requests
}

/// Whether a request of such a route has been counted. The server may be running.
pub(crate) fn is_counted(route: &str) -> bool {
    visited(route).iter().all(|counts| !counts.is_empty())
}

fn visited(route: &str) -> [Counts; 2] {
    let mut all = All::default();
    let Ok(()) = HTTP.visit(&mut all);
    all.0.map(|mut counts| {
        counts.retain(|series, _| series.split(' ').nth(1).is_some_and(|counted| counted.starts_with(route)));
        counts
    })
}

#[derive(Default)]
struct All([Counts; 2]);

impl Visitor for All {
    type Error = Infallible;

    fn scope(&mut self, _: &'static Scope) -> Result<(), Infallible> {
        Ok(())
    }

    fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Infallible> {
        let counts = match descriptor.name {
            "http.server.requests" => &mut self.0[0],
            "http.server.request.duration" => &mut self.0[1],
            _ => return Ok(()),
        };
        for position in (0..M::POSITIONS).filter(|position| metric.is_live(*position)) {
            let count = metric.point(position, |point| match point {
                Point::Number(Number::Unsigned(count)) => count,
                Point::Histogram(point) => point.count,
                other => panic!("{other:?}"),
            });
            let mut series = Series::default();
            let Ok(()) = metric.labels(position, &mut series);
            assert_eq!(counts.insert(series.0.join(" "), count.unwrap()), None, "a series is there once");
        }
        Ok(())
    }
}

#[derive(Default)]
struct Series(Vec<String>);

impl LabelVisitor for Series {
    type Error = Infallible;

    fn label(&mut self, key: Key<'_>, value: Value<'_>) -> Result<(), Infallible> {
        self.0.push(match (key.name, value) {
            ("method" | "route", Value::Text(text)) => text.to_owned(),
            (key, Value::Text(text)) => format!("{key}={text:?}"),
            (key, Value::Int(number)) => format!("{key}={number}"),
            (key, Value::Bool(truth)) => format!("{key}={truth}"),
        });
        Ok(())
    }
}
