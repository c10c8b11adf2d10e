//! `aiq-backend check`: what would hold if the service started now, and whether it could.

use std::{error::Error, process::ExitCode};

use comfy_table::{Table, presets};
use picometer_std::config::{Push, TelemetryConfig};
use picometer_std::export::otlp::probe;

use crate::{
    auth::{key_file, token::Tokens},
    causes::WithCauses,
    config::Settings,
    database::{self, trial},
    needs, telemetry,
};

/// Prints the settings, and tries what the service needs. Fails when it could not serve.
pub fn run(settings: &Settings) -> ExitCode {
    let (config, warnings) = telemetry::read_env();
    say!("{}", table(settings, &config));
    for warning in &warnings {
        say!("warning   {warning}");
    }
    // All of them, also after one that failed.
    let needs = [
        report("database", database(settings)),
        report("tokens", tokens(settings)),
        report("passwords", passwords(settings)),
        report("address", address(settings)),
        report("files", files(settings)),
    ];
    let otlp = match (config.push(), config.push_refused_by()) {
        (Some(Push::Otlp(otlp)), _) => {
            // The error's text holds its causes.
            let answer = probe(otlp).map_err(|error| error.to_string().into());
            report("otlp", answer.map(|()| "the receiver answers".to_owned()))
        }
        (_, Some(variable)) => {
            report("push", Err(format!("nothing is pushed: see the warning about {variable}").into()))
        }
        _ => report("otlp", Ok("not used: metrics are not pushed there".to_owned())),
    };
    let metrics = match config.prometheus_off_because() {
        None => "on".to_owned(),
        Some(switch) => format!("off: {switch}"),
    };
    say!("metrics   GET {}/metrics is {metrics}", settings.api_v1_prefix.as_str());
    if otlp && needs.iter().all(|is_met| *is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn table(settings: &Settings, config: &TelemetryConfig) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(["variable", "value", "default", "from"]);
    for row in settings.rows() {
        table.add_row([row.name, row.value, row.default, row.source]);
    }
    for row in config.rows() {
        table.add_row([row.name.to_owned(), row.value, row.default, row.source.to_owned()]);
    }
    table
}

/// Says how it went, and whether it went well.
fn report(what: &str, outcome: Result<String, Box<dyn Error>>) -> bool {
    match &outcome {
        Ok(good) => say!("{what:<9} {good}"),
        Err(error) => say!("{what:<9} FAILED: {}", WithCauses(error.as_ref())),
    }
    outcome.is_ok()
}

/// Looks at the key that tokens are signed with, without making one.
fn tokens(settings: &Settings) -> Result<String, Box<dyn Error>> {
    if let Some(secret) = &settings.jwt_secret_key {
        Tokens::new(secret.expose().as_bytes())?;
        return Ok("are signed with JWT_SECRET_KEY".to_owned());
    }
    let path = database::beside(settings.database_url.path(), ".jwt");
    let Some(key) = key_file::load_or_try(&path)? else {
        return Ok(format!("{} is not there yet; it will be made", path.display()));
    };
    Tokens::new(&key)?;
    Ok(format!("are signed with the key in {}", path.display()))
}

/// Opens the database and tries to write to it, without making or changing it.
fn database(settings: &Settings) -> Result<String, Box<dyn Error>> {
    Ok(trial::run(settings.database_url.path(), settings.database_timeout_seconds.0)?)
}

fn passwords(settings: &Settings) -> Result<String, Box<dyn Error>> {
    needs::passwords(settings)?;
    Ok(format!("are hashed with {} KiB each", settings.password_hash_memory_kib))
}

/// Listens, and lets go at once.
fn address(settings: &Settings) -> Result<String, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(needs::listen(settings))?;
    Ok(format!("{} is free", listener.local_addr()?))
}

fn files(settings: &Settings) -> Result<String, Box<dyn Error>> {
    Ok(format!("the system allows the {} that may be open", needs::file_descriptors(settings)?))
}
