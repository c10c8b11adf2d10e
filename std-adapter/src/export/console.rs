//! Metrics on standard output, for development.

use std::io::Write;
use std::time::Duration;

use crate::export::{ExportError, Exported, PushExporter};

/// Writes what it is given to standard output; its batches are text.
///
/// A standard output that nobody reads holds up the thread that exports, past the limit, and nothing else: a shutdown
/// returns within its timeout. A broken one is an error of the export.
#[derive(Debug, Default)]
pub struct ConsoleExporter(());

impl ConsoleExporter {
    /// Writes to the standard output of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl PushExporter for ConsoleExporter {
    fn name(&self) -> &str {
        "console"
    }

    async fn export(&mut self, request: &[u8], _limit: Duration) -> Result<Exported, ExportError> {
        let mut out = std::io::stdout().lock();
        out.write_all(request)
            .and_then(|()| out.flush())
            .map(|()| Exported::complete())
            .map_err(|error| ExportError::new("cannot write to standard output", error))
    }
}
