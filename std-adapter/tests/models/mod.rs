//! What the configuration, the resource and the look at SQL promise, said a second time. The property tests and the
//! fuzz targets share them.

#![allow(unreachable_pub)] // the fuzz crate shows them to its targets

pub mod config;
pub mod endpoint;
#[path = "../../../core/tests/models/exposition.rs"]
#[allow(dead_code)] // its half for OpenMetrics
pub mod exposition;
pub mod headers;
pub mod resource;
pub mod statement;

use picometer_std::config::{TelemetryConfig, Warning};

/// What must never be seen.
pub const SECRET: &str = "S3CRET";

/// Reads variables, and looks for the secret wherever settings are shown to people.
pub fn read(variables: &[(&str, &str)]) -> (TelemetryConfig, Vec<Warning>) {
    let (config, warnings) = TelemetryConfig::from_lookup("program", |name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    });
    let shown = warnings.iter().map(ToString::to_string).chain(config.rows().into_iter().map(|row| format!("{row:?}")));
    for shown in shown.chain([format!("{config:?} {warnings:?}")]) {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    (config, warnings)
}

/// Percent-encodes every byte but letters and digits.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect()
}
