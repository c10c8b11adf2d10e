//! The environment: which variable counts, whether its value is good, and what holds then.

use std::collections::BTreeMap;
use std::time::Duration;

use picometer_std::config::{Exporter, Row, TelemetryConfig, VARIABLES};

use super::{percent_encoded, read};

/// Values that are good somewhere, or nearly.
const VALUES: [&str; 35] = [
    "true",
    "TRUE",
    " False ",
    "false",
    "yes",
    "1",
    "0",
    "+1",
    "-1",
    "007",
    "2147483647",
    "2147483648",
    "99999999999999999999999",
    "1.5",
    "console",
    "OTLP",
    "none",
    "otlp,none",
    "",
    "   ",
    "\u{fffd}",
    "tru\u{fffd}e",
    "shop",
    "a=b,c=d",
    "a=%zz",
    "=b",
    "service.name=other,x=y",
    "http://localhost:4317",
    "https://otlp.example",
    "grpc",
    "gzip",
    "cumulative",
    "prometheus",
    "otlp,prometheus",
    "unusable",
];

/// Variables that are not honoured (for metrics, for all signals), the value that they may have all the same, and
/// whether nothing is pushed over OTLP for any other.
const NOT_HONOURED: [(&[&str], &str, bool); 11] = [
    (&["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"], "grpc", true),
    (&["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"], "", true),
    (&["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"], "", true),
    (&["OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"], "", true),
    (&["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"], "", true),
    (&["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"], "none", false),
    (
        &["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_EXPORTER_OTLP_TEMPORALITY_PREFERENCE"],
        "cumulative",
        false,
    ),
    (
        &[
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "OTEL_EXPORTER_OTLP_DEFAULT_HISTOGRAM_AGGREGATION",
        ],
        "explicit_bucket_histogram",
        false,
    ),
    (&["OTEL_METRICS_EXEMPLAR_FILTER"], "always_off", false),
    (&["OTEL_EXPORTER_PROMETHEUS_HOST"], "", false),
    (&["OTEL_EXPORTER_PROMETHEUS_PORT"], "", false),
];

const INSECURE: [&str; 2] = ["OTEL_EXPORTER_OTLP_METRICS_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"];

/// Sets a variable, by number, to one of the values above or, beyond them, to text.
pub type Setting = (u8, u8, String);

pub fn check(settings: &[Setting]) {
    let names: Vec<&str> = VARIABLES
        .iter()
        .flat_map(|variable| [variable.name].into_iter().chain(variable.also.iter().copied()))
        .chain(NOT_HONOURED.iter().flat_map(|(names, ..)| names.iter().copied()))
        .chain(INSECURE)
        .collect();
    let mut set: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value, text) in settings {
        set.insert(names[usize::from(*name) % names.len()], VALUES.get(usize::from(*value)).copied().unwrap_or(text));
    }
    let variables: Vec<_> = set.iter().map(|(name, value)| (*name, *value)).collect();
    let (config, warnings) = read(&variables);
    let rows: BTreeMap<_, _> = config.rows().into_iter().map(|row| (row.name, row)).collect();
    assert_eq!(rows.len(), VARIABLES.len());

    let mut bad = Vec::new();
    let counts_of = |names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| set.get(name).map(|value| (*name, value.trim())).filter(|(_, value)| !value.is_empty()))
    };
    let is_warned = |name: &str| warnings.iter().any(|warning| warning.variable() == name);
    let mut refused = false;
    for (names, harmless, refuses) in NOT_HONOURED {
        if let Some((name, _)) = counts_of(names).filter(|(_, value)| !value.eq_ignore_ascii_case(harmless)) {
            bad.push(name);
            refused |= refuses;
        }
    }
    for variable in VARIABLES {
        let counts = counts_of(&[&[variable.name], variable.also].concat());
        let row = &rows[variable.name];
        // These have models of their own.
        if let "OTEL_OTLP_ENDPOINT" | "OTEL_EXPORTER_OTLP_METRICS_HEADERS" = variable.name {
            let bad_name = counts.map(|(name, _)| name).filter(|name| is_warned(name));
            assert_eq!(row.value == "unusable", bad_name.is_some(), "{row:?}");
            assert_eq!(row.source, counts.map_or("default", |(name, _)| name));
            bad.extend(bad_name);
            refused |= bad_name.is_some();
            if variable.name == "OTEL_OTLP_ENDPOINT" && bad_name.is_none() {
                let is_tls = counts.is_some_and(|(_, value)| value.to_ascii_lowercase().starts_with("https"));
                let insecure = counts_of(&INSECURE).map(|(name, value)| (name, meant("", value)));
                let asked = |is_insecure: bool| {
                    insecure
                        .as_ref()
                        .is_some_and(|(_, value)| value.as_deref() == Some(if is_insecure { "true" } else { "false" }))
                };
                if !asked(!is_tls) {
                    bad.extend(insecure.as_ref().map(|(name, _)| *name));
                    refused |= insecure.is_some() && !asked(true);
                }
            }
            continue;
        }
        if variable.name == "OTEL_EXPORTER" {
            let good = counts.map(|(name, value)| (name, exporter(name, value)));
            bad.extend(good.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name));
            let (source, value) =
                good.map_or(("default", "console"), |(name, value)| (name, value.unwrap_or("unusable")));
            assert_eq!((row.value.as_str(), row.source), (value, source));
            continue;
        }
        if variable.name == "PROMETHEUS_METRICS_ENABLED" && counts.is_none() {
            let list = counts_of(&["OTEL_METRICS_EXPORTER"]).map(|(_, value)| value.to_ascii_lowercase());
            let is_named = list.is_some_and(|list| list.split(',').any(|entry| entry.trim() == "prometheus"));
            let expected = if is_named { ("true", "OTEL_METRICS_EXPORTER") } else { ("false", "default") };
            assert_eq!((row.value.as_str(), row.source), expected);
            continue;
        }
        if variable.name == "OTEL_SERVICE_NAME" && counts.is_none_or(|(_, value)| value.contains('\u{fffd}')) {
            // Another variable may tell it.
            bad.extend(counts.map(|(name, _)| name));
            assert!(["default", "OTEL_RESOURCE_ATTRIBUTES"].contains(&row.source), "{row:?}");
            continue;
        }
        match counts.map(|(name, value)| (name, meant(variable.name, value))) {
            None => assert_eq!((&row.value, row.source), (&row.default, "default")),
            Some((name, None)) => {
                bad.push(name);
                assert_eq!((&row.value, row.source), (&row.default, "default"), "{name}");
            }
            Some((name, Some(value))) => assert_eq!((&row.value, row.source), (&value, name)),
        }
    }
    assert_eq!(config.otlp.endpoint.is_empty(), refused, "{set:?}");
    let mut warned: Vec<_> = warnings.iter().map(|warning| warning.variable()).collect();
    bad.sort_unstable();
    warned.sort_unstable();
    assert_eq!(warned, bad, "one warning for each bad value: {warnings:?}");
    for warning in &warnings {
        let text = warning.to_string();
        assert!(
            text.starts_with(warning.variable())
                && ["using", "nothing is pushed", "is not supported", "TLS is used"]
                    .iter()
                    .any(|words| text.contains(words))
                && !text.contains(['\n', '\r']),
            "{text}"
        );
    }
    reads_back(&config);
}

/// What a value means, as a table shows it; `None` when it is bad.
fn meant(variable: &str, value: &str) -> Option<String> {
    if value.contains('\u{fffd}') {
        return None;
    }
    match variable {
        "OTEL_SERVICE_NAME" => Some(value.to_owned()),
        "OTEL_RESOURCE_ATTRIBUTES" => {
            let mut all: Vec<(String, String)> = Vec::new();
            for entry in value.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
                let (key, value) = entry.split_once('=')?;
                let (key, value) = (percent_decoded(key.trim())?, percent_decoded(value.trim())?);
                match all.iter_mut().find(|(known, _)| *known == key) {
                    _ if key.is_empty() => return None,
                    Some((_, known)) => *known = value,
                    None => all.push((key, value)),
                }
            }
            all.retain(|(key, _)| key != "service.name");
            Some(all.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(","))
        }
        _ if variable.ends_with("TIMEOUT") || variable.ends_with("MILLIS") => {
            let digits = value.strip_prefix('+').unwrap_or(value);
            let number = digits.trim_start_matches('0');
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let fits = number.len() < 10 || (number.len() == 10 && number <= "2147483647");
            (is_number && !number.is_empty() && fits).then(|| number.to_owned())
        }
        _ => Some(value.to_ascii_lowercase()).filter(|value| ["true", "false"].contains(&value.as_str())),
    }
}

/// Where metrics are pushed; `None` when it is bad.
fn exporter(name: &str, value: &str) -> Option<&'static str> {
    let value = value.to_ascii_lowercase();
    let list: Vec<&str> = value.split(',').map(str::trim).collect();
    let all = ["console", "otlp", "none"];
    let push: Vec<_> = list.iter().filter_map(|entry| all.into_iter().find(|known| known == entry)).collect();
    let prometheus = list.contains(&"prometheus");
    let known = list.iter().all(|entry| *entry == "prometheus" || all.contains(entry));
    if name == "OTEL_EXPORTER" {
        return all.into_iter().find(|known| *known == value);
    }
    match push[..] {
        [] if known => Some("none"),
        ["none"] if prometheus => None,
        [push] if known => Some(push),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// What holds can be written down and read again.
fn reads_back(config: &TelemetryConfig) {
    let attributes: Vec<String> = config
        .resource_attributes
        .iter()
        .map(|(key, value)| format!("{}={}", percent_encoded(key), percent_encoded(value)))
        .collect();
    let attributes = attributes.join(",");
    let headers: Vec<String> =
        config.otlp.headers.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    let headers = headers.join(",");
    let rows = config.rows();
    let mut variables: Vec<_> = rows.iter().map(|row| (row.name, row.value.as_str())).collect();
    for (name, value) in &mut variables {
        match *name {
            "OTEL_RESOURCE_ATTRIBUTES" => *value = &attributes,
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS" if *value != "unusable" => *value = &headers,
            _ => {}
        }
    }
    let (again, warnings) = TelemetryConfig::from_lookup("program", |name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    });
    let destination = ["OTEL_EXPORTER", "OTEL_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"];
    let is_unusable = |row: &&Row| destination.contains(&row.name) && row.value == "unusable";
    assert_eq!(warnings.len(), rows.iter().filter(is_unusable).count());
    let fields = |config: &TelemetryConfig| {
        let exporter = match config.exporter {
            Exporter::Console => 0,
            Exporter::Otlp => 1,
            Exporter::None => 2,
            Exporter::Unusable => 3,
        };
        let times: [Duration; 3] = [config.otlp.timeout, config.schedule.interval, config.schedule.export_timeout];
        let switches = [config.sdk_disabled, config.enabled, config.metrics_enabled, config.prometheus_enabled];
        (
            exporter,
            times,
            switches,
            config.otlp.headers.clone(),
            config.service_name.trim().to_owned(),
            config.resource_attributes.clone(),
        )
    };
    assert_eq!(fields(&again), fields(config));
    // For what refuses a good endpoint and has no row, it is not there any more.
    assert!(config.otlp.endpoint.is_empty() || config.otlp == again.otlp);
    assert_eq!((again.metrics_on(), again.prometheus_on()), (config.metrics_on(), config.prometheus_on()));
    assert!(config.metrics_on() || (config.push().is_none() && !config.prometheus_on()));
    assert!(config.push().is_none() || config.push_refused_by().is_none());
}
