//! The one seam for atomics: no other file knows `portable_atomic`, `core` and `loom` apart.
//!
//! On a target without compare-exchange (Cortex-M0, riscv32imc) `portable-atomic` supplies it, by the feature that the
//! final binary turns on: `critical-section`, or `unsafe-assume-single-core` where that holds.

#[cfg(not(loom))]
mod real {
    #[cfg(target_has_atomic = "64")]
    pub(crate) use portable_atomic::AtomicU64;
    pub(crate) use portable_atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};

    /// For a `static`.
    pub(crate) type StaticUsize = AtomicUsize;
    /// For a `static`.
    pub(crate) type StaticU32 = AtomicU32;
}

#[cfg(loom)]
mod checked;

#[cfg(loom)]
pub(crate) use checked::*;
#[cfg(not(loom))]
pub(crate) use real::*;
