//! Clients that mean harm, against the service with its production settings: memory has a bound, and operators are
//! answered all the while.

mod answers;
mod bodies;
mod connections;
mod counted;
mod health;
mod http2;
mod log;
mod logins;
mod operator;
mod target;
