//! Which part of the data points one request takes, where all of them would make it too large.

use crate::encode::otlp::size;
use crate::visit::{Descriptor, Kind, Scope};

/// How large a request may be.
///
/// A request takes at least one data point, so one that is larger than the limit by itself is sent alone: it is the
/// receiver that refuses it, and nothing else is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the encoded request.
    pub bytes: usize,
    /// Data points.
    pub points: usize,
}

impl Limits {
    /// One request, however large.
    pub const NONE: Self = Self { bytes: usize::MAX, points: usize::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Self::NONE
    }
}

/// A place between the data points of some sets: where a request begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// How many metrics of all sets lie before it.
    metric: usize,
    /// The first position of that metric.
    position: usize,
}

impl Cursor {
    /// Before the first data point.
    pub const START: Self = Self { metric: 0, position: 0 };
}

/// The part that is being measured.
#[derive(Debug)]
pub(super) struct Part {
    from: Cursor,
    /// Where the walk is.
    at: Cursor,
    /// Where the next request begins, once there is no room left in this one.
    pub(super) rest: Option<Cursor>,
    pub(super) points: usize,
    room: Limits,
    /// The most bytes of a length in this request.
    length: usize,
}

impl Part {
    pub(super) const WHOLE: Self =
        Self { from: Cursor::START, at: Cursor::START, rest: None, points: 0, room: Limits::NONE, length: 0 };

    pub(super) fn new(resource: usize, limits: Limits, from: Cursor) -> Self {
        let length = size::varint(limits.bytes as u64);
        let bytes = limits.bytes.saturating_sub(1 + length + size::part(resource));
        Self { from, length, room: Limits { bytes, ..limits }, ..Self::WHOLE }
    }

    /// The positions of the next metric that this request can take.
    pub(super) fn positions(&mut self, count: usize) -> core::ops::Range<usize> {
        let metric = self.at.metric;
        self.at = Cursor { metric: metric + 1, position: 0 };
        if self.rest.is_some() || metric < self.from.metric {
            return 0..0;
        }
        let first = if metric == self.from.metric { self.from.position } else { 0 };
        first..count
    }

    /// Takes a data point of `bytes`, if there is room; else the next request begins at this `position`.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize, position: usize) -> bool {
        if (bytes > self.room.bytes || self.points >= self.room.points) && self.points > 0 {
            self.rest = Some(Cursor { metric: self.at.metric.saturating_sub(1), position });
            return false;
        }
        self.room.bytes = self.room.bytes.saturating_sub(bytes);
        self.points += 1;
        true
    }

    /// The bytes that the first data point of a set takes beside its own.
    pub(super) fn set(&self, scope: &Scope) -> usize {
        1 + self.length + size::part(size::scope(scope))
    }

    /// The bytes that the first data point of a metric takes beside its own.
    pub(super) fn metric(&self, descriptor: &Descriptor, kind: Kind) -> usize {
        // The length of what holds the points is counted apart, since it is not known yet.
        1 + self.length + size::metric(descriptor, 0) + self.length + size::data(kind)
    }
}
