//! What the targets share: the models of the property tests, and what they need to be driven by bytes.

// Both property tests have the parser for themselves.
#![allow(clippy::duplicate_mod)]

#[path = "../../core/tests/models/mod.rs"]
pub mod core;
#[path = "../../std-adapter/tests/models/mod.rs"]
pub mod std_adapter;

#[cfg(feature = "service")]
pub mod service;

/// Text in the form that most of it has outside: as it is when it is UTF-8, and its bytes as characters when it is not,
/// so that every byte that is changed changes the text.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
