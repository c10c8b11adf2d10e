//! The endpoint: good ones are normalised once and for all, bad ones give no endpoint, and one warning that holds no
//! credentials.

use picometer_std::config::TelemetryConfig;

use super::{SECRET, read};

const VARIABLE: &str = "OTEL_OTLP_ENDPOINT";
const DEFAULT: &str = "http://localhost:4317";

/// Scheme, host, port, and text that becomes a host, a user and a path.
pub type Parts = (u8, u8, u16, String, String, String);

pub fn check(text: &str, (scheme, host, port, name, user, path): &Parts) {
    any(text);
    let schemes = ["http", "https", "HTTP", "hTTps", "grpc", "", "unix", name];
    let scheme = schemes[usize::from(*scheme) % schemes.len()];
    let word: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    // Where it is no secret it may be shown.
    if [name, &word, path].iter().any(|text| text.contains(SECRET)) {
        return;
    }
    let hosts = ["localhost", "127.0.0.1", "[::1]", "[2001:db8::1]", "otlp.example", &word, "", name];
    let host = hosts[usize::from(*host) % hosts.len()];
    any(&format!("{scheme}://{host}:{port}{path}"));

    let is_good = scheme.to_ascii_lowercase().starts_with("http") && scheme.len() < 6 && !host.is_empty() && *port != 0;
    if is_good && scheme != name && host != name {
        for slash in ["", "/"] {
            let given = format!(" {scheme}://{host}:{port}{slash}\t");
            let (config, warnings) = read(&[(VARIABLE, &given)]);
            assert_eq!(warnings, [], "{given}");
            let endpoint = format!("{}://{host}:{port}", scheme.to_ascii_lowercase());
            assert!(config.otlp.endpoint.eq_ignore_ascii_case(&endpoint), "{given}: {}", config.otlp.endpoint);

            let given = format!("{scheme}://{host}{slash}");
            let (config, warnings) = read(&[(VARIABLE, &given)]);
            let port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
            let endpoint = format!("{}://{host}:{port}", scheme.to_ascii_lowercase());
            assert!(config.otlp.endpoint.eq_ignore_ascii_case(&endpoint), "{given}: {}", config.otlp.endpoint);
            assert_eq!(warnings, []);
        }
    }
    // Whatever stands before the last `@`, and whatever stands behind `?`, may be a secret.
    for secret in [
        format!("{scheme}://{user}{SECRET}{path}@{host}:{port}"),
        format!("{scheme}://{user}:{SECRET}{path}@{host}:{port}{path}"),
        format!("{user}{SECRET}{path}@{host}"),
        format!("{scheme}://{host}:{port}?{user}{SECRET}{path}"),
        format!("{scheme}://{host}:{port}{path}#{user}{SECRET}"),
    ] {
        let (config, warnings) = read(&[(VARIABLE, &secret)]);
        assert_eq!((warnings.len(), config.otlp.endpoint.as_str()), (1, ""), "{secret}");
    }
}

fn any(text: &str) {
    let read = |text: &str| TelemetryConfig::from_lookup("program", |name| (name == VARIABLE).then(|| text.to_owned()));
    let (config, warnings) = read(text);
    let endpoint = config.otlp.endpoint.as_str();
    if text.trim().is_empty() || !warnings.is_empty() {
        let expected = if text.trim().is_empty() { (DEFAULT, 0) } else { ("", 1) };
        assert_eq!((endpoint, warnings.len()), expected);
        return;
    }
    let (scheme, authority) = endpoint.split_once("://").expect("a scheme");
    let (host, port) = authority.rsplit_once(':').expect("a port");
    assert!(["http", "https"].contains(&scheme) && port.parse::<u16>().is_ok_and(|port| port != 0), "{endpoint}");
    assert!(!host.is_empty() && !authority.contains(['@', '/', '?', '#', ' ', '\\', '%', '"']), "{endpoint}");
    assert!(!host.contains([':', '[', ']']) || (host.starts_with('[') && host.ends_with(']')), "{endpoint}");
    assert!(text.to_ascii_lowercase().contains(&host.to_ascii_lowercase()), "{text:?} became {endpoint}");
    let (again, warnings) = read(endpoint);
    assert_eq!((again.otlp.endpoint.as_str(), warnings.len()), (endpoint, 0));
}
