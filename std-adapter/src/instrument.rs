//! Automatic instrumentation: what records without a change at the call.

pub mod http;
pub mod pool;
pub mod sqlite;
