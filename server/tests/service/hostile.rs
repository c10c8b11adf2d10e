//! Clients that mean harm, against the service with its production settings: memory has a bound, and operators are
//! answered all the while.

mod health;
mod log;
mod logins;
mod operator;
mod target;
