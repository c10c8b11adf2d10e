//! Stripes: several copies of a family's cells, so that threads do not write to one cache line.
//!
//! A recording goes to one stripe, a visit adds them up. So only instruments whose data points add up can be striped:
//! counters and histograms, not gauges.

use core::marker::PhantomData;

use crate::instrument::{Additive, Instrument};
use crate::visit::Point;

/// How a family spreads its cells: [`Single`] or [`Striped`].
pub trait Striping<M: Instrument>: 'static {
    /// The cells of `N` series.
    type Cells<const N: usize>: Cells<M>;
}

/// The cells of some series, on one or more stripes.
pub trait Cells<M: Instrument>: 'static {
    /// All-zero.
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be new cells
    const INIT: Self;

    /// The cell that whoever asks should record in. An index beyond the last is the last.
    fn cell(&self, index: usize) -> &M;

    /// The cell on this stripe, when there is such a stripe.
    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M>;

    /// Whether anything was recorded.
    fn is_touched(&self, index: usize) -> bool;

    /// Hands the data point to `with`.
    fn point<R>(&self, index: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R>;
}

/// One copy of the cells. The default, and the only choice that costs no memory.
#[derive(Debug, Clone, Copy)]
pub struct Single;

impl<M: Instrument> Striping<M> for Single {
    type Cells<const N: usize> = One<M, N>;
}

/// The cells of [`Single`].
#[derive(Debug)]
pub struct One<M, const N: usize>([M; N]);

impl<M: Instrument, const N: usize> Cells<M> for One<M, N> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = {
        assert!(N > 0, "a table has at least one series");
        Self([const { M::INIT }; N])
    };

    #[inline]
    fn cell(&self, index: usize) -> &M {
        self.0.get(index).unwrap_or(&self.0[N - 1])
    }

    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M> {
        self.0.get(index).filter(|_| stripe == 0)
    }

    fn is_touched(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(M::is_touched)
    }

    fn point<R>(&self, index: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        Some(self.0.get(index)?.point(with))
    }
}

/// `S` copies of the cells, a power of two, of which `P` picks one for each recording.
///
/// Each copy begins on a cache line of its own. With one thread it costs what a single copy costs; with several the
/// recordings of each stay in its own cache, as long as the pick spreads the threads. Which stripe a recording goes to
/// never matters to the totals.
///
/// With [`Leasable`](crate::lease::Leasable) as `P`, threads can lease a stripe and record without atomic additions.
///
/// ```
/// use picometer::{Counter, Family, LabelSet, stripe::Striped};
///
/// #[derive(LabelSet, Clone, Copy)]
/// struct Lookup { hit: bool }
///
/// static LOOKUPS: Family<Lookup, Counter, Striped<4>> = Family::new();
///
/// LOOKUPS.with(Lookup { hit: true }).inc();
/// // Two cells of eight bytes on each stripe, and two bytes that say which series are in use.
/// assert_eq!(size_of_val(&LOOKUPS), 4 * 128 + 128);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Striped<const S: usize, P = ByStack>(PhantomData<P>);

impl<M: Additive, const S: usize, P: Pick> Striping<M> for Striped<S, P> {
    type Cells<const N: usize> = Many<M, N, S, P>;
}

/// Tells the stripe for whoever asks.
pub trait Pick: 'static {
    /// Any number; its low bits choose the stripe. The same thread should get the same number, others another.
    fn pick() -> usize;
}

/// Picks by where the stack is, which needs no thread-local variable.
#[derive(Debug, Clone, Copy)]
pub struct ByStack;

impl Pick for ByStack {
    #[inline]
    fn pick() -> usize {
        // Stacks of Rust threads are 2 MiB apart (std's default), so neighbours get neighbouring numbers. A thread
        // whose stack lies across such a border uses two stripes.
        const STACK_BITS: u32 = 21;
        let here = 0_u8;
        &raw const here as usize >> STACK_BITS
    }
}

/// Two cache lines, since processors fetch them in pairs (Intel's optimisation manual on the spatial prefetcher;
/// crossbeam-utils' `CachePadded` chooses the same for x86-64 and AArch64).
#[repr(align(128))]
#[derive(Debug)]
struct Lines<T>(T);

/// The cells of [`Striped`].
#[derive(Debug)]
pub struct Many<M, const N: usize, const S: usize, P> {
    stripes: [Lines<[M; N]>; S],
    pick: PhantomData<fn() -> P>,
}

impl<M: Additive, const N: usize, const S: usize, P: Pick> Many<M, N, S, P> {
    fn each(&self, index: usize) -> impl Iterator<Item = &M> {
        self.stripes.iter().filter_map(move |stripe| stripe.0.get(index))
    }
}

impl<M: Additive, const N: usize, const S: usize, P: Pick> Cells<M> for Many<M, N, S, P> {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = {
        assert!(N > 0, "a table has at least one series");
        assert!(S.is_power_of_two(), "the number of stripes must be a power of two: 1, 2, 4, 8 ...");
        Self { stripes: [const { Lines([const { M::INIT }; N]) }; S], pick: PhantomData }
    };

    #[inline]
    fn cell(&self, index: usize) -> &M {
        let stripe = &self.stripes[P::pick() & (S - 1)].0;
        stripe.get(index).unwrap_or(&stripe[N - 1])
    }

    fn on_stripe(&self, index: usize, stripe: usize) -> Option<&M> {
        self.stripes.get(stripe)?.0.get(index)
    }

    fn is_touched(&self, index: usize) -> bool {
        self.each(index).any(M::is_touched)
    }

    fn point<R>(&self, index: usize, with: impl FnOnce(Point<'_>) -> R) -> Option<R> {
        if index >= N {
            return None;
        }
        Some(M::merged(self.stripes.each_ref().map(|Lines(stripe)| stripe.get(index).unwrap_or(&stripe[N - 1])), with))
    }
}
