//! Where to send: `http://host:port` or `https://host:port`, nothing more. Without a port it is that of the scheme, as
//! in any URL (RFC 9110, section 4.2): 80, or 443 with TLS.

use std::net::Ipv6Addr;

use http::Uri;

/// A checked OTLP/gRPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Says what is wrong in words that follow "the endpoint".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("is empty: there is nowhere to send to".into());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("has no scheme: write http://host:port, or https://host:port for TLS".into());
        };
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err("has a scheme other than http and https".into()),
        };
        let uri: Uri = text.parse().map_err(|_| "is not a valid URL of the form http://host:port".to_string())?;
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err("has no host".into());
        }
        if rest.contains('@') {
            return Err("holds a user name or password: put credentials into the headers".into());
        }
        // What stands behind the host: nothing, or `:` and the port. A `:` alone is most likely a template whose port is
        // missing, so no port is made up for it.
        let behind = uri.authority().and_then(|authority| authority.as_str().strip_prefix(host)).unwrap_or_default();
        let port = match behind.strip_prefix(':') {
            None if tls => 443,
            None => 80,
            Some(digits) => match digits.parse() {
                Ok(port @ 1..) if digits.bytes().all(|digit| digit.is_ascii_digit()) => port,
                _ => return Err("has no valid port: OTLP over gRPC usually listens on 4317".into()),
            },
        };
        // A path belongs to OTLP over HTTP. gRPC would ignore it and fail in a way that is hard to read.
        // What is behind `#` is no part of a `Uri` and would be dropped without a word.
        if uri.path_and_query().is_some_and(|path| path != "/") || rest.contains('#') {
            return Err(
                "has a path, as receivers of OTLP over HTTP have, which is not supported: name a receiver of OTLP over \
                 gRPC, as https://host:port"
                    .into(),
            );
        }
        // `Uri` takes more than a name server or a connection would.
        let is_name = || host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) if address.parse::<Ipv6Addr>().is_ok() => address.into(),
            None if is_name() => host.into(),
            _ => return Err("has a host that is neither a name nor an address".into()),
        };
        Ok(Self { tls, host, port })
    }

    /// The authority, with the brackets that an IPv6 address needs.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }
}

/// `text` fit for a log line: without a user name, a password or a query, any of which may be a secret.
pub(crate) fn redact(text: &str) -> String {
    let (shown, query) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    // Credentials may hold `?`, `#` or `://` as well; then nobody can tell where they end.
    let after = if query.contains('@') { "" } else { shown.rsplit_once('@').map_or(shown, |(_, after)| after) };
    if after.len() == shown.len() {
        return shown.into();
    }
    match text.split_once("://") {
        Some((scheme @ ("http" | "https"), _)) => format!("{scheme}://***@{after}"),
        _ => format!("***@{after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_endpoints_are_normalised() {
        for (text, url) in [
            ("http://localhost:4317", "http://localhost:4317"),
            ("HTTPS://otlp.example:443/", "https://otlp.example:443"),
            ("https://otlp.example", "https://otlp.example:443"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]:443"),
            ("http://otlp.example", "http://otlp.example:80"),
            ("http://[::1]:4317", "http://[::1]:4317"),
            ("http://10.0.0.1:4317", "http://10.0.0.1:4317"),
        ] {
            assert_eq!(Endpoint::parse(text).map(|endpoint| endpoint.url()), Ok(url.into()));
        }
        assert_eq!(Endpoint::parse("http://[::1]:4317").unwrap().host, "::1");
    }

    #[test]
    fn bad_endpoints_are_explained() {
        for (text, word) in [
            ("localhost:4317", "scheme"),
            ("", "empty"),
            ("grpc://localhost:4317", "scheme"),
            ("unix:///run/otlp.sock", "scheme"),
            ("http://localhost:", "port"),
            ("https://localhost:/", "port"),
            ("http://localhost:0", "port"),
            ("http://localhost:+80", "port"),
            ("http://localhost:65536", "port"),
            ("https://gateway.example:443/otlp", "path"),
            ("https://gateway.example/otlp", "OTLP over HTTP"),
            ("http://localhost:4317?token=x", "path"),
            ("http://localhost:4317#token", "path"),
            ("http://me:secret@localhost:4317", "password"),
            ("http://:4317", "host"),
            ("http://$[:4317", "host"),
            ("http://[::1:4317", "valid URL"),
            ("http://[fe80::1%25eth0]:4317", "host"),
            ("http://a b:4317", "valid URL"),
        ] {
            let problem = Endpoint::parse(text).unwrap_err();
            assert!(problem.contains(word), "{text}: {problem}");
        }
    }

    #[test]
    fn redaction_hides_credentials_and_queries() {
        assert_eq!(redact("http://me:secret@host:1"), "http://***@host:1");
        assert_eq!(redact("me:sec@ret@host"), "***@host");
        assert_eq!(redact("http://me:sec?ret@host:1"), "http://***@");
        assert_eq!(redact("http://me:sec#r@et@host:1"), "http://***@");
        assert_eq!(redact("http://host:1?token=sec@ret"), "http://***@");
        assert_eq!(redact("secret://me@host:1"), "***@host:1");
        assert_eq!(redact("http://host:1/x?token=secret"), "http://host:1/x");
        assert_eq!(redact("http://host:1"), "http://host:1");
    }
}
