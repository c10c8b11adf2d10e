//! The peers side by side. Each file in `benches/` answers the question in its name:
//! `cargo bench -p picometer-benches --bench plain_counter`.
