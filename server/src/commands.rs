//! What the binary does.

use std::process::ExitCode;

use crate::{causes::WithCauses, config::Cli};

pub mod check;
pub mod demo;
pub mod serve;

/// One thing the binary does.
#[derive(Debug, Default, clap::Subcommand)]
pub enum Command {
    /// Answer requests until SIGTERM or SIGINT (the default)
    #[default]
    Serve,
    /// Serve with metrics on, send requests, and say where to look
    Demo(demo::Demo),
    /// Print the settings that hold, and whether the database opens and the OTLP receiver answers
    Check,
}

/// Runs the command, and says on stderr why it failed.
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or_default() {
        Command::Serve => serve::run(&cli.settings),
        Command::Demo(demo) => demo::run(&cli.settings, &demo),
        Command::Check => return check::run(&cli.settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aiq-backend: {}", WithCauses(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
