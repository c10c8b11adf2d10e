//! Headers that the user adds to each request, most often credentials.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Names that gRPC and HTTP/2 keep for themselves. A header of the user under one of them would break the request or
/// silently be replaced.
const RESERVED: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Headers sent with each OTLP request. `Debug` shows the names alone: the values are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

impl Headers {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header; a later one replaces an earlier one of the same name. Names are made lower-case, as gRPC wants.
    ///
    /// # Errors
    ///
    /// The name is not a header name or is one that gRPC keeps for itself; the value is empty or holds anything but
    /// visible ASCII characters and blanks. The text does not contain the value.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), InvalidHeader> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| InvalidHeader::Name)?;
        if RESERVED.contains(&name.as_str()) || name.as_str().starts_with("grpc-") {
            return Err(InvalidHeader::Reserved);
        }
        if value.is_empty() {
            return Err(InvalidHeader::Empty);
        }
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(InvalidHeader::Value);
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| InvalidHeader::Value)?;
        // Keeps it out of HPACK's tables and out of `Debug`.
        value.set_sensitive(true);
        self.0.insert(name, value);
        Ok(())
    }

    /// The number of headers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names and the values. **The values are secrets.**
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
    }

    pub(crate) fn map(&self) -> &HeaderMap {
        &self.0
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name.as_str(), "***"))).finish()
    }
}

/// `name=***,name=***`: for tables that people paste into tickets.
impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.keys().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}=***")?;
        }
        Ok(())
    }
}

/// Why [`Headers::insert`] did not take a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidHeader {
    /// The name is empty or holds a character that no header name may hold.
    Name,
    /// The name is one that gRPC or HTTP/2 keeps for itself.
    Reserved,
    /// The value is empty.
    Empty,
    /// The value holds something other than visible ASCII characters and blanks.
    Value,
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "has no valid header name",
            Self::Reserved => "has a name that gRPC keeps for itself",
            Self::Empty => "has an empty value",
            Self::Value => "has a value that is not printable ASCII",
        })
    }
}

impl std::error::Error for InvalidHeader {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_the_last_value_wins() {
        let mut headers = Headers::new();
        headers.insert("Authorization", "Bearer a").unwrap();
        headers.insert("authorization", "Bearer b=c").unwrap();
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("authorization", "Bearer b=c")]);
    }

    #[test]
    fn what_would_break_a_request_is_refused() {
        let mut headers = Headers::new();
        for (name, value, problem) in [
            ("", "x", InvalidHeader::Name),
            ("a b", "x", InvalidHeader::Name),
            ("größe", "x", InvalidHeader::Name),
            ("te", "x", InvalidHeader::Reserved),
            ("User-Agent", "x", InvalidHeader::Reserved),
            ("grpc-timeout", "1S", InvalidHeader::Reserved),
            ("a", "", InvalidHeader::Empty),
            ("a", "x\r\nb: y", InvalidHeader::Value),
            ("a", "größe", InvalidHeader::Value),
        ] {
            assert_eq!(headers.insert(name, value), Err(problem), "{name}={value}");
        }
        assert!(headers.is_empty());
    }

    #[test]
    fn values_are_never_shown() {
        let mut headers = Headers::new();
        headers.insert("authorization", "secret").unwrap();
        headers.insert("x-scope", "secret").unwrap();
        assert_eq!(headers.to_string(), "authorization=***,x-scope=***");
        assert!(!format!("{headers:?}").contains("secret"));
    }
}
