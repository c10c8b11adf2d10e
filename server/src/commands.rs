//! What the binary does.

use std::process::ExitCode;

use crate::{causes::WithCauses, config::Cli};

pub mod serve;

/// One thing the binary does.
#[derive(Debug, Default, clap::Subcommand)]
pub enum Command {
    /// Answer requests until SIGTERM or SIGINT (the default)
    #[default]
    Serve,
}

/// Runs the command, and says on stderr why it failed.
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or_default() {
        Command::Serve => serve::run(&cli.settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aiq-backend: {}", WithCauses(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
