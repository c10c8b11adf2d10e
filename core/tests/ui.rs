//! What the compiler says about a mistake: what is wrong, where, and what to do.
//!
//! `TRYBUILD=overwrite cargo test -p picometer --test ui` writes the messages anew.
#![cfg(not(loom))]

#[test]
fn mistakes_are_explained_when_the_program_is_compiled() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
