//! Leased stripes: recording without atomic additions, for threads that record more than anything else.
//!
//! A [`Lease`] is the right to write to one stripe, the same in every family that is [`Leasable`]. Nobody else writes
//! there, so a plain load and store count exactly. Who has no lease records in the stripe that is shared.
//!
//! The types keep the contract: a lease cannot be copied or shared between threads, and what records through it cannot
//! outlive it or go to another thread. It may be moved to another thread as a whole, and be given back by dropping it.
//!
//! ```
//! use picometer::{Counter, Family, LabelSet, lease::{self, Leasable}, stripe::Striped};
//!
//! #[derive(LabelSet, Clone, Copy)]
//! struct Lookup { hit: bool }
//!
//! static LOOKUPS: Family<Lookup, Counter, Striped<4, Leasable>> = Family::new();
//!
//! if let Some(lease) = lease::take() {
//!     let hits = LOOKUPS.own(&lease, Lookup { hit: true });
//!     for _ in 0..1_000 {
//!         hits.inc();
//!     }
//! }
//! LOOKUPS.with(Lookup { hit: true }).inc(); // anybody may, in the shared stripe
//! ```

use core::cell::Cell;
use core::marker::PhantomData;
use core::time::Duration;

use crate::Family;
use crate::atomic::{Ordering, StaticU32};
use crate::instrument::{Additive, Buckets, Counter, ExponentialHistogram, Histogram, Nanoseconds, Seconds, Unit};
use crate::label::LabelSet;
use crate::stripe::{Pick, Striped};

/// Keeps every stripe but the first for leases; whoever has none records in the first.
#[derive(Debug, Clone, Copy)]
pub struct Leasable;

impl Pick for Leasable {
    #[inline]
    fn pick() -> usize {
        0
    }
}

/// How many leases there can be at once.
pub const MAX: usize = u32::BITS as usize;

/// A bit for each lease that is out.
static OUT: StaticU32 = StaticU32::new(0);

/// The right to write to one stripe. Dropping it gives it back.
#[derive(Debug)]
pub struct Lease {
    number: u32,
    /// It can be sent, but not shared.
    not_shared: PhantomData<Cell<()>>,
}

/// Takes a lease, if one of [`MAX`] is left. Lock-free.
#[must_use]
pub fn take() -> Option<Lease> {
    let mut out = OUT.load(Ordering::Relaxed);
    loop {
        let number = (!out).trailing_zeros();
        if number >= MAX as u32 {
            return None;
        }
        // Acquired, so that what the last holder stored is what this one loads.
        match OUT.compare_exchange(out, out | (1 << number), Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => return Some(Lease { number, not_shared: PhantomData }),
            Err(now) => out = now,
        }
    }
}

impl Lease {
    /// The first stripe is the shared one.
    fn stripe(&self) -> usize {
        self.number as usize + 1
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        OUT.fetch_and(!(1 << self.number), Ordering::Release);
    }
}

/// A series as the holder of a lease sees it.
#[derive(Debug)]
pub struct Owned<'a, M> {
    cell: &'a M,
    /// Whether the cell is on the stripe of the lease, and not the shared one.
    is_alone: bool,
    /// It neither outlives the lease nor leaves its thread.
    lease: PhantomData<&'a Lease>,
}

impl<L: LabelSet, M: Additive, const S: usize> Family<L, M, Striped<S, Leasable>> {
    /// The series with these labels, for the holder of a lease. In a family with fewer stripes than leases it can be the
    /// shared one, and is then as fast as [`with`](Family::with).
    #[inline]
    #[must_use]
    pub fn own<'a>(&'a self, lease: &'a Lease, labels: L) -> Owned<'a, M> {
        let stripe = lease.stripe();
        let (cell, is_alone) = match self.on_stripe(labels, stripe) {
            Some(cell) => (cell, true),
            None => (self.with(labels), false),
        };
        Owned { cell, is_alone, lease: PhantomData }
    }
}

impl Owned<'_, Counter> {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        if self.is_alone { self.cell.add_alone(n) } else { self.cell.add(n) }
    }
}

impl<B: Buckets> Owned<'_, Histogram<B>> {
    /// Records `value`, in the unit of the bounds.
    #[inline]
    pub fn record(&self, value: u64) {
        if self.is_alone { self.cell.record_alone(value) } else { self.cell.record(value) }
    }
}

impl<U: Unit> Owned<'_, ExponentialHistogram<U>> {
    /// Records `value`, in the unit that is recorded.
    #[inline]
    pub fn record(&self, value: u64) {
        if self.is_alone { self.cell.record_alone(value) } else { self.cell.record(value) }
    }
}

impl Owned<'_, ExponentialHistogram<Nanoseconds>> {
    /// Records a duration as whole nanoseconds; one above 584 years counts as that.
    #[inline]
    pub fn record_duration(&self, duration: Duration) {
        self.record(crate::instrument::nanoseconds(duration));
    }
}

impl<B: Seconds> Owned<'_, Histogram<B>> {
    /// Records a duration as whole nanoseconds; one above 584 years counts as that.
    #[inline]
    pub fn record_duration(&self, duration: Duration) {
        self.record(crate::instrument::nanoseconds(duration));
    }
}
