//! What became of an export, added up over its requests.

use crate::export::{ExportError, Exported};

/// What became of an export.
#[derive(Default)]
pub(super) struct Sent {
    /// Requests, and how many of them failed.
    pub(super) requests: usize,
    pub(super) failed: usize,
    /// Data points in requests that the receiver took.
    pub(super) data_points: u64,
    /// What the receiver rejected, in all requests, and the first that it said.
    pub(super) answer: Exported,
    /// The first.
    pub(super) error: Option<ExportError>,
}

impl Sent {
    /// Whether there was nothing to export.
    pub(super) fn is_nothing(&self) -> bool {
        self.requests == 0 && self.error.is_none()
    }

    pub(super) fn took(&mut self, data_points: u64, answer: Exported) {
        let rejected = answer.rejected_data_points;
        // The receiver's number, which may be any.
        self.data_points += data_points.saturating_sub(rejected);
        self.answer.rejected_data_points = self.answer.rejected_data_points.saturating_add(rejected);
        if self.answer.message.is_empty() {
            self.answer.message = answer.message;
        }
    }

    pub(super) fn failed(&mut self, error: ExportError) {
        self.failed += 1;
        self.error.get_or_insert(error);
    }
}
