//! Names: what OpenTelemetry allows, and what Prometheus makes of them.

use std::fmt::Display;

/// The longest name of an instrument (OpenTelemetry metrics API specification, "Instrument name syntax").
const LONGEST: usize = 255;

/// Checks the name of a metric, or of a label's key where `what` says so.
pub(crate) fn check(what: impl Display, name: &str) -> Result<(), String> {
    let mut characters = name.chars();
    if !characters.next().is_some_and(|first| first.is_ascii_alphabetic()) {
        return Err(format!("{what} {name:?} must begin with a letter: OpenTelemetry and Prometheus take no other"));
    }
    if let Some(bad) = characters.find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'))) {
        return Err(format!("{what} {name:?} has {bad:?}: use letters, digits, `_`, `.`, `-` and `/`"));
    }
    if name.len() > LONGEST {
        return Err(format!("{what} {name:?} has {} characters: OpenTelemetry takes at most {LONGEST}", name.len()));
    }
    Ok(())
}

/// Checks a name that is given for Prometheus.
pub(crate) fn check_prometheus(name: &str) -> Result<(), String> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    if name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit()) {
        Ok(())
    } else {
        Err(format!("Prometheus name {name:?}: use letters, digits and `_`, and no digit first"))
    }
}

/// Every character that Prometheus does not take becomes `_`, and runs of them become one.
pub(crate) fn underscored(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if !(c == '_' && out.ends_with('_')) {
            out.push(c);
        }
    }
    out
}

/// The name of a metric for Prometheus: its words, those of its unit, and `total` last if it has it. A sum that only
/// grows is exported with `_total` unless it is there already.
pub(crate) fn prometheus(name: &str, words: &str) -> String {
    let name = underscored(name);
    let (stem, total) = match name.strip_suffix("_total") {
        Some(stem) => (stem, "_total"),
        None => (name.as_str(), ""),
    };
    let there = words.is_empty() || stem == words || stem.ends_with(&format!("_{words}"));
    if there { format!("{stem}{total}") } else { format!("{stem}_{words}{total}") }
}

/// Units that have a word in Prometheus names (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").
const WORDS: &[(&str, &str)] = &[
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("kBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("bit", "bits"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("Pa", "pascals"),
    ("%", "percent"),
];

/// Units after a slash.
const PER: &[(&str, &str)] = &[("s", "second"), ("min", "minute"), ("h", "hour"), ("d", "day"), ("m", "meter")];

/// What Prometheus names have for a unit: nothing, `seconds`, `bytes_per_second`.
pub(crate) fn unit_words(unit: &str) -> Result<String, String> {
    let (over, under) = match unit.split_once('/') {
        Some((over, under)) => (over, Some(under)),
        None => (unit, None),
    };
    let mut words = if is_annotation(over) { String::new() } else { word(WORDS, over, unit)?.to_owned() };
    if let Some(under) = under.filter(|under| !is_annotation(under)) {
        let separator = if words.is_empty() { "" } else { "_" };
        words = format!("{words}{separator}per_{}", word(PER, under, unit)?);
    }
    Ok(words)
}

/// What has no word: nothing, one, and `{annotation}`.
fn is_annotation(unit: &str) -> bool {
    matches!(unit, "" | "1") || (unit.starts_with('{') && unit.ends_with('}'))
}

fn word(table: &[(&str, &'static str)], part: &str, unit: &str) -> Result<&'static str, String> {
    table.iter().find(|(code, _)| *code == part).map(|(_, word)| *word).ok_or_else(|| {
        let known: Vec<_> = table.iter().map(|(code, _)| *code).collect();
        format!(
            "unit {unit:?} is not known: write {part:?} as a UCUM code ({}), as an annotation such as \"{{request}}\", or as \"1\"",
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_compatibility_rules() {
        for (name, unit, expected) in [
            ("http.server.requests", "{request}", "http_server_requests"),
            ("http.server.request.duration", "s", "http_server_request_duration_seconds"),
            ("already.total", "{x}", "already_total"),
            ("sent.total", "By", "sent_bytes_total"),
            ("lat.seconds", "s", "lat_seconds"),
            ("seconds", "s", "seconds"),
            ("disk--io", "By/s", "disk_io_bytes_per_second"),
            ("share", "1", "share"),
            ("rate", "{packet}/s", "rate_per_second"),
        ] {
            assert_eq!(prometheus(name, &unit_words(unit).unwrap()), expected, "{name} in {unit}");
        }
    }

    #[test]
    fn bad_names_and_units_are_told_what_to_do() {
        assert!(check("metric name", "9lives").unwrap_err().contains("begin with a letter"));
        assert!(check("metric name", "a b").unwrap_err().contains("' '"));
        assert!(check("metric name", &"a".repeat(256)).unwrap_err().contains("at most 255"));
        assert!(unit_words("parsec").unwrap_err().contains("UCUM"));
    }
}
