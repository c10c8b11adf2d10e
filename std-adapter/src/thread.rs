//! Stripes by thread: which stripe a thread records in, and the lease that a thread holds until it ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use picometer::lease::{self, Lease};
use picometer::stripe::Pick;

/// Picks the stripe by a number that each thread gets when it first records: `Striped<4, ByThread>`.
///
/// Threads are numbered in turn, so as many threads as there are stripes share none. It costs a thread-local read.
///
/// ```
/// use picometer::stripe::Striped;
/// use picometer::{Counter, Family, LabelSet};
/// use picometer_std::thread::ByThread;
///
/// #[derive(LabelSet, Clone, Copy)]
/// struct Lookup { hit: bool }
///
/// static LOOKUPS: Family<Lookup, Counter, Striped<4, ByThread>> = Family::new();
/// LOOKUPS.with(Lookup { hit: true }).inc();
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ByThread;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
    static LEASE: Option<Lease> = lease::take();
}

impl Pick for ByThread {
    #[inline]
    fn pick() -> usize {
        // A thread that is ending has no number any more.
        NUMBER.try_with(|number| *number).unwrap_or(0)
    }
}

/// Hands this thread's [lease] to `with`, taken at the first call and given back when the thread
/// ends; `None` when all were out at the first call, or the thread is ending.
///
/// ```
/// use picometer::lease::Leasable;
/// use picometer::stripe::Striped;
/// use picometer::{Counter, Family, LabelSet};
///
/// #[derive(LabelSet, Clone, Copy)]
/// struct Lookup { hit: bool }
///
/// static LOOKUPS: Family<Lookup, Counter, Striped<8, Leasable>> = Family::new();
///
/// let hit = Lookup { hit: true };
/// picometer_std::thread::with_lease(|lease| match lease {
///     Some(lease) => LOOKUPS.own(lease, hit).inc(),
///     None => LOOKUPS.with(hit).inc(),
/// });
/// ```
pub fn with_lease<R>(with: impl FnOnce(Option<&Lease>) -> R) -> R {
    // The lease is lent as long as the call lasts; a thread that is ending has none any more.
    let mut with = Some(with);
    let lent = LEASE.try_with(|lease| with.take().map(|with| with(lease.as_ref()))).ok().flatten();
    lent.or_else(|| with.map(|with| with(None))).expect("the closure runs in one of the two places")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use picometer::lease::Leasable;
    use picometer::stripe::{Striped, Striping};
    use picometer::visit::{Metric, Number, Point};
    use picometer::{Counter, Family, LabelSet};

    use super::*;

    #[derive(LabelSet, Clone, Copy)]
    struct Kind {
        even: bool,
    }

    fn total<S: Striping<Counter>>(family: &Family<Kind, Counter, S>, position: usize) -> u64 {
        let value = family.point(position, |point| match point {
            Point::Number(Number::Unsigned(value)) => value,
            other => panic!("{other:?}"),
        });
        value.expect("two positions")
    }

    #[test]
    fn threads_record_exactly_and_give_their_leases_back() {
        static FAMILY: Family<Kind, Counter, Striped<64, Leasable>> = Family::new();
        // Twenty times as many threads as there are leases.
        for _ in 0..lease::MAX {
            thread::scope(|scope| {
                for _ in 0..20 {
                    scope.spawn(|| {
                        for n in 0..100 {
                            let kind = Kind { even: n % 2 == 0 };
                            with_lease(|lease| FAMILY.own(lease.expect("twenty are out at most"), kind).inc());
                        }
                    });
                }
            });
        }
        assert_eq!([total(&FAMILY, 0), total(&FAMILY, 1)], [lease::MAX as u64 * 20 * 50; 2]);
    }

    #[test]
    fn two_threads_get_two_numbers() {
        let other = thread::spawn(ByThread::pick).join().expect("no panic");
        assert_ne!(other, ByThread::pick());
        assert_eq!(ByThread::pick(), ByThread::pick());
    }
}
