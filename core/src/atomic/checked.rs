//! loom's atomics, made `const`-constructible: each is created at its first use inside a model.
//!
//! loom takes a creation for a write, so a model uses each atomic once before it starts threads: the tables have a
//! `create` for that.

use std::sync::OnceLock;

pub(crate) use loom::sync::atomic::{Ordering, fence};

/// For a `static`, which outlives a model: loom does not follow it.
pub(crate) type StaticUsize = core::sync::atomic::AtomicUsize;
/// For a `static`, which outlives a model: loom does not follow it.
pub(crate) type StaticU32 = core::sync::atomic::AtomicU32;

macro_rules! lazy {
    ($($name:ident: $value:ty),+) => {$(
        #[derive(Debug)]
        pub(crate) struct $name {
            initial: $value,
            atomic: OnceLock<loom::sync::atomic::$name>,
        }

        impl $name {
            pub(crate) const fn new(initial: $value) -> Self {
                Self { initial, atomic: OnceLock::new() }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new(Default::default())
            }
        }

        impl core::ops::Deref for $name {
            type Target = loom::sync::atomic::$name;

            fn deref(&self) -> &Self::Target {
                self.atomic.get_or_init(|| loom::sync::atomic::$name::new(self.initial))
            }
        }
    )+};
}

lazy!(AtomicBool: bool, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize);
