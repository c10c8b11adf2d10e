use std::process::ExitCode;

use aiq_backend::{commands, config::Cli};
use clap::Parser;

fn main() -> ExitCode {
    commands::run(Cli::parse())
}
