//! The service, asked over real HTTP, with a real SQLite file.

mod accounts;
mod adaptive;
mod admin;
mod alone;
mod check;
mod client;
mod connections;
mod durability;
mod failures;
mod half_asked;
mod hostile;
mod in_process;
mod logging;
mod openapi;
mod process;
mod readiness;
mod sessions;
mod signals;
mod startup;
mod unmeasured;
