//! The AIQ backend: people register, take an IQ test, and read their results.
//!
//! hyper drives the connections, an axum [`Router`](axum::Router) finds the handler, and SQLite keeps what was
//! answered. The crate is a library with a thin binary, so that tests and other commands start the service in process.
//!
//! | module | answers |
//! |---|---|
//! | [`config`] | what can be set, by flag or environment |
//! | [`commands`] | what the binary does |
//! | [`needs`] | what the system must give: file descriptors, an address, memory |
//! | [`serve()`] | how connections are accepted, limited and drained |
//! | [`signals`] | what ends the service, and by when |
//! | [`logging`] | how log lines get out without holding anything up |
//! | [`router()`], `api` | which endpoint does what |
//! | [`state`] | what every handler shares |
//! | [`auth`] | who is asking: passwords, tokens, keys |
//! | [`database`] | the pool, transactions and migrations |
//! | `store` | the SQL, one file for each thing stored |
//! | [`question`] | what a question is, and the generators that write them |
//! | [`ability`] | how answers become an IQ score, and which question to ask next |
//! | [`metrics`] | which business events are counted |
//! | [`telemetry`] | how the service is measured, and where that is hooked in |
//!
//! # What this does not do
//!
//! It does not terminate TLS, and it has one SQLite file: run one process for a database.

// Both panic when the stream is broken and wait when nobody reads it: see `logging::line` and `commands::say`.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod ability;
mod api;
pub mod auth;
mod causes;
pub mod commands;
pub mod config;
pub mod database;
pub mod logging;
pub mod metrics;
pub mod needs;
mod plain_file;
pub mod question;
mod serve;
pub mod signals;
pub mod state;
mod store;
pub mod telemetry;

pub use api::router;
pub use serve::{Limits, serve};
pub use signals::Stop;
pub use state::AppState;
