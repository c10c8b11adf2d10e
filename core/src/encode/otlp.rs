//! OTLP protobuf: an `ExportMetricsServiceRequest` of opentelemetry-proto 1.x, in one pass over the cells.
//!
//! A protobuf message says how long its parts are before it holds them, and labels can be learned at any moment. So the
//! sets are walked twice. [`Measure`] looks at labels alone, and notes in a scratch area which series it saw and how
//! long each part will be; the length of a data point does not depend on its value, since OTLP's numbers have a fixed
//! width. (Exponential histograms are the exception: for them it notes which buckets are in use.) The
//! [`Writer`] it then gives loads each cell once and writes just the series that were noted.
//!
//! Receivers take requests up to a size, over gRPC usually 4 MiB. [`Measure::part`] takes as many data points as fit
//! into one request and says where the next begins: each request is complete, and each data point is in one of them.
//!
//! ```
//! use picometer::encode::{Buffer, otlp};
//! use picometer::{Counter, MetricSet};
//!
//! #[derive(MetricSet)]
//! #[metric_set(scope = "example")]
//! struct Jobs {
//!     /// Jobs finished.
//!     #[metric(name = "jobs.finished", unit = "{job}")]
//!     finished: Counter,
//! }
//! static JOBS: Jobs = Jobs::new();
//!
//! let mut scratch = [0; Jobs::SCRATCH];
//! let mut measure = otlp::Measure::new(&mut scratch);
//! JOBS.visit(&mut measure).unwrap();
//!
//! let mut bytes = [0; 256];
//! let mut out = Buffer::new(&mut bytes);
//! let head = otlp::Head { resource: &[("service.name", "example")], start: 1_000, time: 2_000 };
//! let mut writer = measure.writer(&head, &mut out).unwrap();
//! JOBS.visit(&mut writer).unwrap();
//! assert!(writer.is_complete());
//! ```

mod exponential;
mod measure;
mod part;
mod size;
mod wire;
mod write;

use crate::visit::{Kind, Metric};

pub use measure::Measure;
pub use part::{Cursor, Limits};
pub use write::Writer;

/// What every data point of a request shares.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The attributes of the resource.
    pub resource: &'a [(&'a str, &'a str)],
    /// When counting began: nanoseconds since the Unix epoch.
    pub start: u64,
    /// When this is: nanoseconds since the Unix epoch.
    pub time: u64,
}

/// What can go wrong; `E` is the error of the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error<E = core::convert::Infallible> {
    /// The scratch area is shorter than the sum of [`MetricSet::SCRATCH`](crate::MetricSet::SCRATCH) over the sets.
    Scratch,
    /// The sets that are written are not those that were measured, in the same order.
    Different,
    /// The sink.
    Sink(E),
}

impl<E: core::fmt::Display> core::fmt::Display for Error<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Scratch => f.write_str("the scratch area is too short: it needs the sum of SCRATCH over the sets"),
            Self::Different => f.write_str("the sets written are not those measured, in the same order"),
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {}

/// Words of scratch for each set: the length of its part.
#[doc(hidden)]
pub const SCRATCH_PER_SET: usize = 1;

/// Words of scratch for a metric: two lengths, one bit for each position, and what else the data points need.
#[doc(hidden)]
#[must_use]
pub const fn scratch_for<M: Metric>() -> usize {
    2 + live_words::<M>() + shape_words::<M>()
}

const fn live_words<M: Metric>() -> usize {
    M::POSITIONS.div_ceil(BITS)
}

const fn shape_words<M: Metric>() -> usize {
    match M::KIND {
        Kind::ExponentialHistogram { .. } => M::POSITIONS * exponential::WORDS,
        _ => 0,
    }
}

const BITS: usize = u32::BITS as usize;
