//! Sending what was measured.
//!
//! A [`PeriodicReader`](periodic::PeriodicReader) owns a thread; every interval it asks for the encoded metrics and
//! hands the bytes of each request to a [`PushExporter`], such as [`OtlpExporter`](otlp::OtlpExporter). Exporters return
//! their errors; the reader logs them, once for each failed export.

mod batch;
pub mod console;
mod error;
pub mod otlp;
pub mod periodic;
pub mod prometheus;
mod supervise;

use std::time::Duration;

pub use batch::{Batch, Request};
pub use error::ExportError;

/// Something that delivers encoded metrics.
///
/// A reader calls it from one thread, one request after the other, and runs the returned future on that thread: it need
/// not be `Send`.
pub trait PushExporter {
    /// One lower-case word for log lines, such as `otlp`.
    fn name(&self) -> &str;

    /// Delivers `request`, retries included, within `limit`.
    ///
    /// What cannot be delivered in `limit` must end in an error whose [`is_timeout`](ExportError::is_timeout) or
    /// [`is_retryable`](ExportError::is_retryable) is true. The future may be dropped at any point where it waits.
    ///
    /// # Errors
    ///
    /// The request was not delivered, or nobody knows whether it was. An exporter does not log that itself.
    fn export(&mut self, request: &[u8], limit: Duration) -> impl Future<Output = Result<Exported, ExportError>>;
}

/// The receiver's answer to a request that it took, wholly or in part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Data points that the receiver rejected for good; 0 when it took all of them.
    pub rejected_data_points: u64,
    /// What the receiver said about it, possibly a mere warning; empty when it said nothing.
    pub message: String,
}

impl Exported {
    /// The whole request was taken.
    pub fn complete() -> Self {
        Self::default()
    }

    /// The request was taken except for `rejected_data_points`, for the reason in `message`.
    pub fn partial(rejected_data_points: u64, message: impl Into<String>) -> Self {
        Self { rejected_data_points, message: message.into() }
    }
}
