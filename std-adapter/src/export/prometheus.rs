//! What a Prometheus scrape gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Registry, Resource};

/// Writes the metrics of a registry as Prometheus text. Cheap to clone; scrapes may overlap and wait for nothing.
#[derive(Debug, Clone)]
pub struct PrometheusExporter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Arc<Registry>,
    resource: Resource,
    /// How long the last scrape was, so that the next need not grow its buffer step by step.
    last: AtomicUsize,
}

impl PrometheusExporter {
    /// The Content-Type of [`scrape`](Self::scrape).
    pub const CONTENT_TYPE: &'static str = picometer::encode::text::CONTENT_TYPE;

    /// Exports `registry`, with the attributes of `resource` as `target_info`.
    #[must_use]
    pub fn new(registry: Arc<Registry>, resource: Resource) -> Self {
        Self(Arc::new(Inner { registry, resource, last: AtomicUsize::new(0) }))
    }

    /// All metrics now, in text format 0.0.4.
    #[must_use]
    pub fn scrape(&self) -> Vec<u8> {
        let last = self.0.last.load(Ordering::Relaxed);
        let mut text = Vec::with_capacity(last + last / 8);
        self.0.registry.write_text(&self.0.resource, &mut text);
        self.0.last.store(text.len(), Ordering::Relaxed);
        text
    }
}
