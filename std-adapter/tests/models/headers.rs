//! The list of headers: kept, in the last of their values, if all are good, and no value is ever shown.

use std::collections::BTreeMap;

use super::{SECRET, percent_encoded, read};

const VARIABLE: &str = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";

/// A header, and how it is written: whether its value is percent-encoded.
pub type Header = (String, String, bool);

/// Checks headers written with care, and the text as it is.
pub fn check(headers: &[Header], text: &str) {
    let with_secrets: Vec<(String, String, bool)> =
        headers.iter().map(|(name, value, encoded)| (name.clone(), format!("{value}{SECRET}"), *encoded)).collect();
    let entries: Vec<String> = with_secrets
        .iter()
        .map(
            |(name, value, encoded)| {
                if *encoded { format!("{name}={}", percent_encoded(value)) } else { format!("{name}={value}") }
            },
        )
        .collect();
    list(&entries.join(","));
    list(&text.replace('=', &format!("={SECRET}")));
}

fn list(text: &str) {
    let (config, warnings) = read(&[(VARIABLE, text)]);
    let mut expected = BTreeMap::new();
    let mut is_bad = text.contains('\u{fffd}');
    if !is_bad {
        for entry in text.trim().split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match header(entry) {
                Some((name, value)) => drop(expected.insert(name, value)),
                None => is_bad = true,
            }
        }
    }
    if is_bad {
        expected.clear();
    }
    let kept: BTreeMap<String, String> =
        config.otlp.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(kept, expected, "{text:?}");
    assert_eq!((warnings.len(), config.otlp.endpoint.is_empty()), (usize::from(is_bad), is_bad), "{warnings:?}");
    assert!(warnings.iter().all(|warning| warning.variable() == VARIABLE));
}

/// `name=value`, if a request can carry it.
fn header(entry: &str) -> Option<(String, String)> {
    let (name, value) = entry.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    // RFC 9110, section 5.6.2.
    let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    let of_grpc = ["connection", "content-length", "content-type", "host", "keep-alive", "proxy-connection", "te"];
    let of_http = ["transfer-encoding", "upgrade", "user-agent"];
    let is_reserved = of_grpc.contains(&name.as_str()) || of_http.contains(&name.as_str()) || name.starts_with("grpc-");
    if name.is_empty() || !is_token || is_reserved {
        return None;
    }
    let value = decoded(value.trim())?.trim().to_owned();
    (!value.is_empty() && value.chars().all(|c| c == ' ' || c.is_ascii_graphic())).then_some((name, value))
}

/// A `%` without two digits behind it stands for itself.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let digits = text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.filter(|_| *byte == b'%') {
            Some(digits) => {
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                at += 3;
            }
            None => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(bytes).ok()
}
