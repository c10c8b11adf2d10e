//! What the metrics of HTTP counted since they were last looked at.

use std::convert::Infallible;

use picometer::MetricSet;
use picometer::visit::{Descriptor, Metric, Number, Point, Scope, Visitor};
use picometer_std::instrument::http::HTTP;

use crate::core::{Labels, labels, series};

/// How often each series of the requests, and of their durations, was counted.
#[derive(Default)]
pub(super) struct Counted([Vec<u64>; 2]);

/// The series that were counted since, each with how often.
pub(super) type Changes = Vec<(Labels, u64)>;

impl Counted {
    /// Counts again. It also holds that no request is under way.
    pub(super) fn changes(&mut self) -> [Changes; 2] {
        struct Counts<'a>(&'a mut Counted, [Changes; 2]);

        impl Visitor for Counts<'_> {
            type Error = Infallible;

            fn scope(&mut self, _: &'static Scope) -> Result<(), Infallible> {
                Ok(())
            }

            fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Infallible> {
                let Self(Counted([requests, durations]), [new_requests, new_durations]) = self;
                let (counted, changes) = match descriptor.name {
                    "http.server.requests" => (requests, new_requests),
                    "http.server.request.duration" => (durations, new_durations),
                    "http.server.active_requests" => {
                        assert!(series(metric).values().all(|active| *active == 0), "requests under way");
                        return Ok(());
                    }
                    other => panic!("{other}"),
                };
                counted.resize(M::POSITIONS, 0);
                for (position, before) in counted.iter_mut().enumerate().filter(|(at, _)| metric.is_live(*at)) {
                    let now = metric.point(position, |point| match point {
                        Point::Number(Number::Unsigned(value)) => value,
                        Point::Histogram(point) => point.count,
                        other => panic!("{other:?}"),
                    });
                    let now = now.expect("a live series has a point");
                    if now != *before {
                        changes.push((labels(metric, position), now - *before));
                        *before = now;
                    }
                }
                Ok(())
            }
        }

        let mut counts = Counts(self, Default::default());
        let Ok(()) = HTTP.visit(&mut counts);
        counts.1
    }
}
