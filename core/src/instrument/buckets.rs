//! Bounds of explicit-bucket histograms, as types, so that a histogram's size is known to the compiler.

use crate::cell::Total;

/// The bounds of a histogram and the storage they need. Declared with [`buckets!`](crate::buckets).
pub trait Buckets: 'static {
    /// Upper bounds, inclusive and increasing, in the unit that is recorded.
    const BOUNDS: &'static [u64];

    /// What is recorded is `10^-DECIMALS` of the unit that is exported: 9 for nanoseconds exported as seconds.
    const DECIMALS: u8;

    /// One total for each bound and one for what lies above the last: `[Total; BOUNDS.len() + 1]`.
    type Counts: Counts;
}

/// The bounds of a histogram of floats and the storage they need. Declared with [`buckets!`](crate::buckets).
pub trait FloatBuckets: 'static {
    /// Upper bounds, inclusive, increasing and not below zero, in the unit that is exported.
    const BOUNDS: &'static [f64];

    /// One total for each bound and one for what lies above the last: `[Total; BOUNDS.len() + 1]`.
    type Counts: Counts;
}

/// Buckets recorded in nanoseconds and exported in seconds.
pub trait Seconds: Buckets {}

/// The totals of one histogram.
pub trait Counts: Send + Sync + 'static {
    /// All zero.
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new array
    const INIT: Self;

    /// The counts, loaded.
    type Loaded: AsRef<[u64]>;

    /// No counts.
    const NONE: Self::Loaded;

    /// The totals.
    fn totals(&self) -> &[Total];

    /// Loads each total once and adds it to `counts`.
    fn add_to(&self, counts: &mut Self::Loaded);
}

impl<const N: usize> Counts for [Total; N] {
    #[allow(clippy::declare_interior_mutable_const)] // each use is meant to be a new one
    const INIT: Self = [const { Total::new() }; N];

    type Loaded = [u64; N];

    const NONE: [u64; N] = [0; N];

    #[inline]
    fn totals(&self) -> &[Total] {
        self
    }

    fn add_to(&self, counts: &mut [u64; N]) {
        for (count, total) in counts.iter_mut().zip(self) {
            *count = count.wrapping_add(total.load());
        }
    }
}

/// Declares the bounds of a histogram, in one of four ways.
///
/// - `seconds`: bounds in seconds; durations are recorded as whole nanoseconds and exported in seconds.
/// - `thousandths`: bounds in units; values are recorded as whole thousandths of one and exported in units.
/// - `whole`: bounds in whole units of whatever is recorded.
/// - `floats`: bounds of a [`FloatHistogram`](crate::FloatHistogram), in units.
///
/// Bounds are inclusive. They must increase, and a histogram takes at least one; otherwise the program does not compile.
///
/// ```
/// picometer::buckets! {
///     /// A service's own latencies.
///     pub Latency = seconds [0.001, 0.01, 0.1, 1.0];
///     /// Sizes of a batch.
///     pub Batch = whole [1, 10, 100];
///     /// Shares of a whole.
///     pub Share = floats [0.0, 0.5, 0.9];
/// }
///
/// static LATENCY: picometer::Histogram<Latency> = picometer::Histogram::new();
/// LATENCY.record_duration(core::time::Duration::from_millis(3));
/// assert_eq!(LATENCY.count(), 1);
/// ```
///
/// ```compile_fail
/// picometer::buckets! { Wrong = whole [10, 1]; }
/// ```
///
/// ```compile_fail
/// picometer::buckets! { Wrong = floats [-1.0, 1.0]; }
/// ```
#[macro_export]
macro_rules! buckets {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $way:ident [$($bound:expr),* $(,)?];)+) => {
        $($crate::__buckets!($way, ($(#[$doc])* $vis $name), [$($bound),*]);)+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __buckets {
    ($way:ident, ($(#[$doc:meta])* $vis:vis $name:ident), []) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($name), "` has no bounds: a histogram takes at least one, `",
            ::core::stringify!($name), " = whole [1, 10, 100];`"
        ));
    };
    (seconds, ($(#[$doc:meta])* $vis:vis $name:ident), [$($bound:expr),+]) => {
        const _: () = ::core::assert!(
            $($crate::instrument::is_bound($bound))&&+,
            "a bound must be above zero and below 10^9"
        );
        $crate::__buckets!(@ ($(#[$doc])* $vis $name), 9, [$($crate::instrument::scaled($bound, 9)),+]);
        impl $crate::instrument::Seconds for $name {}
    };
    (thousandths, ($(#[$doc:meta])* $vis:vis $name:ident), [$($bound:expr),+]) => {
        const _: () = ::core::assert!(
            $($crate::instrument::is_bound($bound))&&+,
            "a bound must be above zero and below 10^9"
        );
        $crate::__buckets!(@ ($(#[$doc])* $vis $name), 3, [$($crate::instrument::scaled($bound, 3)),+]);
    };
    (whole, ($(#[$doc:meta])* $vis:vis $name:ident), [$($bound:expr),+]) => {
        $crate::__buckets!(@ ($(#[$doc])* $vis $name), 0, [$($bound),+]);
    };
    (floats, ($(#[$doc:meta])* $vis:vis $name:ident), [$($bound:expr),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        $vis struct $name;

        const _: () = {
            const BOUNDS: &[f64] = &[$($bound),+];
            assert!(
                $crate::instrument::are_float_bounds(BOUNDS),
                "the bounds of a histogram must be finite, not below zero, and increase: sort them, and remove what is there twice"
            );
            impl $crate::instrument::FloatBuckets for $name {
                const BOUNDS: &'static [f64] = BOUNDS;
                type Counts = [$crate::cell::Total; BOUNDS.len() + 1];
            }
        };
    };
    ($way:ident, ($(#[$doc:meta])* $vis:vis $name:ident), [$($bound:expr),+]) => {
        ::core::compile_error!(::core::concat!(
            "the bounds of `", ::core::stringify!($name), "` are `seconds`, `thousandths`, `whole` or `floats`, not `",
            ::core::stringify!($way), "`"
        ));
    };
    (@ ($(#[$doc:meta])* $vis:vis $name:ident), $decimals:expr, [$($bound:expr),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        $vis struct $name;

        const _: () = {
            const BOUNDS: &[u64] = &[$($bound),+];
            ::core::assert!(
                $crate::instrument::strictly_increasing(BOUNDS),
                "the bounds of a histogram must increase: sort them, and remove what is there twice"
            );
            impl $crate::instrument::Buckets for $name {
                const BOUNDS: &'static [u64] = BOUNDS;
                const DECIMALS: u8 = $decimals;
                type Counts = [$crate::cell::Total; BOUNDS.len() + 1];
            }
        };
    };
}

/// A bound as a whole number of `10^-decimals`, rounded to the nearest.
#[doc(hidden)]
#[must_use]
pub const fn scaled(bound: f64, decimals: u32) -> u64 {
    (bound * 10_u64.pow(decimals) as f64 + 0.5) as u64
}

/// Whether [`scaled`] can hold this bound.
#[doc(hidden)]
#[must_use]
pub const fn is_bound(bound: f64) -> bool {
    bound > 0.0 && bound < 1e9
}

/// Whether each bound is above the one before.
#[doc(hidden)]
#[must_use]
pub const fn strictly_increasing(bounds: &[u64]) -> bool {
    let mut i = 1;
    while i < bounds.len() {
        if bounds[i - 1] >= bounds[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether they are finite, not below zero, and each is above the one before.
#[doc(hidden)]
#[must_use]
pub const fn are_float_bounds(bounds: &[f64]) -> bool {
    let mut i = 0;
    while i < bounds.len() {
        let is_number = bounds[i] >= 0.0 && bounds[i] <= f64::MAX;
        if !is_number || i > 0 && bounds[i - 1] >= bounds[i] {
            return false;
        }
        i += 1;
    }
    true
}

buckets! {
    /// Bounds of `http.server.request.duration` (OpenTelemetry semantic conventions for HTTP metrics).
    pub HttpSeconds = seconds [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
    /// Bounds of `db.client.operation.duration` (OpenTelemetry semantic conventions for database metrics).
    pub DbSeconds = seconds [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];
}
