//! `aiq-backend check`: what would hold if the service started now, and whether it could.

use std::{error::Error, path::Path, process::ExitCode};

use comfy_table::{Table, presets};
use picometer_std::config::{Push, TelemetryConfig};
use picometer_std::export::otlp::probe;
use rusqlite::{Connection, OpenFlags};

use crate::{
    auth::{key_file, token::Tokens},
    causes::WithCauses,
    config::Settings,
    database::{self, migrate},
    telemetry,
};

/// Prints the settings and the state of what the service needs. Fails when it could not do its work.
pub fn run(settings: &Settings) -> ExitCode {
    let (config, warnings) = telemetry::read_env();
    say!("{}", table(settings, &config));
    for warning in &warnings {
        say!("warning   {warning}");
    }
    let database = report("database", look_at(settings.database_url.path()));
    let tokens = report("tokens", tokens(settings));
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
    if database && tokens && otlp { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    if !path.is_symlink() && !path.exists() {
        return Ok(format!("{} is not there yet; it will be made", path.display()));
    }
    Tokens::new(&key_file::load_or_create(&path)?)?;
    Ok(format!("are signed with the key in {}", path.display()))
}

/// Looks at the database without making or changing it.
fn look_at(path: &Path) -> Result<String, Box<dyn Error>> {
    if !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        tempfile::tempfile_in(folder).map_err(|error| {
            format!("{} is not there and {} cannot be written: {error}", path.display(), folder.display())
        })?;
        return Ok(format!("{} is not there yet; it will be made", path.display()));
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let version = migrate::version(&connection)?;
    // Takes the write lock, which a file on a read-only disk or of another owner does not give.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
    Ok(format!("{} opens, schema version {version}", path.display()))
}
