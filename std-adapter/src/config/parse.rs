//! The spellings of values. Each parser says what is wrong in words that follow the value.

use std::time::Duration;

use super::Exporter;
use crate::export::otlp::{Headers, endpoint::Endpoint};

/// Longest interval or timeout, in milliseconds: 24 days, what a 32-bit signed number of milliseconds holds.
const LONGEST_MILLIS: u64 = i32::MAX as u64;

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    if text.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if text.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err("is neither true nor false".into())
    }
}

pub(super) fn exporter(text: &str) -> Result<Exporter, String> {
    push_exporter(text).ok_or_else(|| "is none of console, otlp, none".into())
}

/// The standard list of exporters: where metrics are pushed.
pub(super) fn exporters(text: &str) -> Result<Exporter, String> {
    let mut push = None;
    for entry in entries(text).filter(|entry| !is_prometheus(entry)) {
        let exporter = push_exporter(entry)
            .ok_or("is none of console, otlp, none and prometheus, nor prometheus beside console or otlp")?;
        if push.replace(exporter).is_some() {
            return Err("names more than one of console, otlp, none".into());
        }
    }
    match push {
        Some(Exporter::None) if names_prometheus(text) => Err("names none beside prometheus".into()),
        push => Ok(push.unwrap_or(Exporter::None)),
    }
}

/// Whether the list of exporters names `prometheus`.
pub(super) fn names_prometheus(text: &str) -> bool {
    entries(text).any(is_prometheus)
}

fn is_prometheus(entry: &str) -> bool {
    entry.eq_ignore_ascii_case("prometheus")
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

fn push_exporter(text: &str) -> Option<Exporter> {
    match text.to_ascii_lowercase().as_str() {
        "console" => Some(Exporter::Console),
        "otlp" => Some(Exporter::Otlp),
        "none" => Some(Exporter::None),
        _ => None,
    }
}

pub(super) fn millis(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(millis @ 1..=LONGEST_MILLIS) => Ok(Duration::from_millis(millis)),
        Ok(0) => Err("is zero".into()),
        Ok(_) => Err(format!("is more than {LONGEST_MILLIS} milliseconds")),
        Err(_) => Err("is not a whole number of milliseconds".into()),
    }
}

pub(super) fn endpoint(text: &str) -> Result<String, String> {
    Endpoint::parse(text).map(|endpoint| endpoint.url())
}

/// Says which entries are bad, without their values.
pub(super) fn headers(text: &str) -> Result<Headers, String> {
    let mut headers = Headers::new();
    let mut problems = Vec::new();
    for (index, entry) in entries(text).enumerate() {
        if entry.is_empty() {
            continue;
        }
        // Not the name: an entry that was split in the wrong place may hold a secret there.
        let problem = match entry.split_once('=') {
            None => Some("has no \"=\"".to_string()),
            Some((name, value)) => match percent_decode(value.trim(), Strictness::Lenient) {
                None => Some("does not decode to UTF-8".to_string()),
                Some(value) => headers.insert(name.trim(), value.trim()).err().map(|problem| problem.to_string()),
            },
        };
        problems.extend(problem.map(|problem| format!("entry {} {problem}", index + 1)));
    }
    if problems.is_empty() { Ok(headers) } else { Err(problems.join(", ")) }
}

/// One bad entry spoils all, as the OpenTelemetry resource specification asks.
pub(super) fn attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    for (index, entry) in entries(text).enumerate() {
        if entry.is_empty() {
            continue;
        }
        let place = index + 1;
        let (key, value) = entry.split_once('=').ok_or_else(|| format!("has no \"=\" in entry {place}"))?;
        let decode = |text: &str| {
            percent_decode(text.trim(), Strictness::Strict)
                .ok_or_else(|| format!("has a bad percent-encoding in entry {place}"))
        };
        let (key, value) = (decode(key)?, decode(value)?);
        if key.is_empty() {
            return Err(format!("has an empty key in entry {place}"));
        }
        match attributes.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => attributes.push((key, value)),
        }
    }
    Ok(attributes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// A `%` without two hexadecimal digits stands for itself: tokens are often pasted as they are.
    Lenient,
    Strict,
}

fn percent_decode(text: &str, strictness: Strictness) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            if let [high, low, after @ ..] = after
                && let (Some(high), Some(low)) = (hex(*high), hex(*low))
            {
                decoded.push(high * 16 + low);
                rest = after;
                continue;
            }
            if strictness == Strictness::Strict {
                return None;
            }
        }
        decoded.push(*first);
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
