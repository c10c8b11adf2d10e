//! The service, asked over real HTTP, with a real SQLite file.

mod accounts;
mod adaptive;
mod admin;
mod client;
mod connections;
mod durability;
mod failures;
mod hostile;
mod in_process;
mod openapi;
mod process;
mod sessions;
mod startup;
mod unmeasured;
