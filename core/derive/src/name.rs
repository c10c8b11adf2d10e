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
    // "MetricFamily names beginning with underscores are RESERVED", and so are colons (OpenMetrics 1.0, "Name").
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Ok(())
    } else {
        Err(format!("Prometheus name {name:?}: use letters, digits and `_`, and begin with a letter"))
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

/// The name of a metric for Prometheus: its words, and those of its unit that are not among them.
///
/// OpenTelemetry, "Prometheus and OpenMetrics Compatibility", "Metric Metadata"; where that leaves a choice, what
/// Prometheus itself does with metrics that it receives over OTLP, so that both ways give one series.
pub(crate) fn prometheus(name: &str, unit: &UnitWords) -> String {
    let mut name = underscored(name).trim_end_matches('_').to_owned();
    for words in [&unit.over, &unit.under] {
        if !words.is_empty() && !format!("_{name}_").contains(&format!("_{words}_")) {
            name = format!("{name}_{words}");
        }
    }
    name
}

/// The name of a counter, where `total` stands last and is added if it is not there: "The unit suffix comes before any
/// type-specific suffixes".
pub(crate) fn of_counter(name: &str, unit: &UnitWords) -> String {
    let plain = underscored(name);
    match plain.trim_end_matches('_').strip_suffix("_total") {
        Some(stem) => format!("{}_total", prometheus(stem, unit)),
        None => prometheus(name, unit),
    }
}

/// Units and what Prometheus names have for them: the table of Prometheus' own translation (`otlptranslator`), and UCUM's
/// code for what it calls `KBy`. Units that are not in it are written as they are.
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
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("bit", "bit"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("Pa", "Pa"),
    ("%", "percent"),
];

/// Units after a slash.
const PER: &[(&str, &str)] = &[("s", "second"), ("min", "minute"), ("h", "hour"), ("d", "day"), ("m", "meter")];

/// What Prometheus names have for a unit: nothing, `seconds`, `bytes_per_second`.
pub(crate) struct UnitWords {
    over: String,
    /// What is after the slash, with `per_` before it.
    under: String,
}

impl UnitWords {
    pub(crate) fn of(unit: &str) -> Result<Self, String> {
        let (over, under) = unit.split_once('/').unwrap_or((unit, ""));
        let over = if is_annotation(over) { "" } else { word(WORDS, over, unit)? };
        let under = if is_annotation(under) { String::new() } else { format!("per_{}", word(PER, under, unit)?) };
        Ok(Self { over: over.to_owned(), under })
    }
}

impl Display for UnitWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let separator = if self.over.is_empty() || self.under.is_empty() { "" } else { "_" };
        write!(f, "{}{separator}{}", self.over, self.under)
    }
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

/// A name for Prometheus without any of what the samples of metrics end in: two metrics whose stems differ have no name in
/// common.
pub(crate) fn stem(name: &str) -> &str {
    const ENDINGS: [&str; 6] = ["_total", "_created", "_bucket", "_count", "_sum", "_info"];
    let mut stem = name;
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending)) {
        stem = shorter;
    }
    stem
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
            ("ends.", "ns", "ends_nanoseconds"),
            ("odd_", "", "odd"),
            ("total", "s", "total_seconds"),
            ("sent.total.", "By", "sent_bytes_total"),
            ("line", "bit", "line_bit"),
            ("disk.bytes.read", "By", "disk_bytes_read"),
        ] {
            assert_eq!(of_counter(name, &UnitWords::of(unit).unwrap()), expected, "{name} in {unit}");
        }
    }

    #[test]
    fn total_is_a_word_like_any_other_in_what_is_no_counter() {
        for (name, unit, expected) in [("q.total", "s", "q_total_seconds"), ("q.total", "{x}", "q_total")] {
            assert_eq!(prometheus(name, &UnitWords::of(unit).unwrap()), expected, "{name} in {unit}");
        }
    }

    #[test]
    fn bad_names_and_units_are_told_what_to_do() {
        assert!(check("metric name", "9lives").unwrap_err().contains("begin with a letter"));
        assert!(check("metric name", "a b").unwrap_err().contains("' '"));
        assert!(check("metric name", &"a".repeat(256)).unwrap_err().contains("at most 255"));
        assert!(UnitWords::of("parsec").err().unwrap().contains("UCUM"));
    }
}
