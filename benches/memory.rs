//! What a peer allocates. The binary that asks makes [`HEAP`] its allocator.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

/// The system's allocator, counting.
pub static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What happened on the heap.
#[derive(Debug, Clone, Copy)]
pub struct Heap {
    /// How many bytes are held that were not before.
    pub growth: isize,
    /// How many allocations and reallocations there were.
    pub allocations: usize,
}

/// Runs `work`, and what it did to the heap.
pub fn heap<R>(work: impl FnOnce() -> R) -> (R, Heap) {
    let region = Region::new(HEAP);
    let result = work();
    let change = region.change();
    let growth = change.bytes_allocated as isize - change.bytes_deallocated as isize;
    (result, Heap { growth, allocations: change.allocations + change.reallocations })
}
