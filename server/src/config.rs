//! What can be set, by flag or by environment variable; a flag wins.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use clap::{Args, CommandFactory, Parser};
use ipnet::IpNet;

use crate::{auth::password::MOST_KIB, commands::Command};

/// The memory OWASP asks of one Argon2id hash (with two passes, one lane).
pub const PREFERRED_HASH_MEMORY_KIB: u32 = 19_456;

/// The AIQ backend: people register, take an IQ test, and read their results.
#[derive(Debug, Parser)]
#[command(version, about, after_help = telemetry_variables())]
pub struct Cli {
    #[command(flatten)]
    pub settings: Settings,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The settings of the service.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Address or host name to listen on
    #[arg(long, env = "HOST", global = true, default_value = "0.0.0.0")]
    pub host: String,

    /// TCP port to listen on; 0 lets the system choose one
    #[arg(long, env = "PORT", global = true, default_value_t = 8000)]
    pub port: u16,

    /// Path that every endpoint starts with
    #[arg(long, env = "API_V1_PREFIX", global = true, default_value = "/v1")]
    pub api_v1_prefix: ApiPrefix,

    /// SQLite file: sqlite://relative/path or sqlite:///absolute/path
    #[arg(long, env = "DATABASE_URL", global = true, default_value = "sqlite://aiq.db")]
    pub database_url: DatabaseUrl,

    /// Connections that the database pool holds
    #[arg(long, env = "DATABASE_POOL_SIZE", global = true, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub database_pool_size: u32,

    /// Seconds to wait for a pooled connection, or for another process's write, before answering 503
    #[arg(long, env = "DATABASE_TIMEOUT_SECONDS", global = true, default_value = "5")]
    pub database_timeout_seconds: Seconds,

    /// Secret that signs the tokens, at least 32 bytes [default: a random key, kept beside the database in a file that ends in .jwt]
    #[arg(long, env = "JWT_SECRET_KEY", global = true, hide_env_values = true)]
    pub jwt_secret_key: Option<Secret>,

    /// Key that X-Service-Key must hold on admin endpoints; while it is unset they answer 503
    #[arg(long, env = "SERVICE_KEY", global = true, hide_env_values = true)]
    pub service_key: Option<Secret>,

    /// Memory one Argon2id password hash takes, in KiB; less is faster and weaker. So much is taken at the start for each processor
    #[arg(long, env = "PASSWORD_HASH_MEMORY_KIB", global = true, default_value_t = PREFERRED_HASH_MEMORY_KIB, value_parser = clap::value_parser!(u32).range(8..=i64::from(MOST_KIB)))]
    pub password_hash_memory_kib: u32,

    /// Connections served at one time, for which there must be file descriptors; for one more, the one that has been idle the longest is closed
    #[arg(long, env = "MAX_CONNECTIONS", global = true, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,

    /// Connections served at one time from one address (IPv6: one /64 network)
    #[arg(long, env = "MAX_CONNECTIONS_PER_ADDRESS", global = true, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections_per_address: u32,

    /// Addresses and networks, separated by commas, that MAX_CONNECTIONS_PER_ADDRESS does not hold for
    #[arg(long, env = "TRUSTED_PROXIES", global = true, default_value = "")]
    pub trusted_proxies: Networks,

    /// Requests in progress at one time, but for ping, health and metrics; one more is answered 503
    #[arg(long, env = "MAX_REQUESTS", global = true, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_requests: u32,

    /// Largest request body, in bytes; a larger one is answered 413
    #[arg(long, env = "REQUEST_BODY_LIMIT", global = true, default_value_t = 256 * 1024)]
    pub request_body_limit: usize,

    /// Seconds a client may take to send a request's headers, or read nothing of an answer, before its connection is closed
    #[arg(long, env = "REQUEST_HEADER_TIMEOUT_SECONDS", global = true, default_value = "10")]
    pub request_header_timeout_seconds: Seconds,

    /// Seconds a connection may have no request before it is closed; HTTP/1 waits no longer than REQUEST_HEADER_TIMEOUT_SECONDS
    #[arg(long, env = "IDLE_TIMEOUT_SECONDS", global = true, default_value = "60")]
    pub idle_timeout_seconds: Seconds,

    /// Seconds a request's body may take before it is answered 408, and its answer may take from then on before it is answered 503
    #[arg(long, env = "REQUEST_TIMEOUT_SECONDS", global = true, default_value = "30")]
    pub request_timeout_seconds: Seconds,

    /// Seconds from SIGTERM or SIGINT to the end of the process, whatever hangs. Requests in flight get three quarters
    /// of them, or until a second signal; database work and the last push get the rest, at most 10
    #[arg(long, env = "SHUTDOWN_GRACE_SECONDS", global = true, default_value = "10")]
    pub shutdown_grace_seconds: Seconds,
}

/// The part of `--help` that is about telemetry, which has variables and no flags.
fn telemetry_variables() -> String {
    let mut help = String::from("Telemetry (environment variables):\n");
    for variable in picometer_std::config::VARIABLES {
        let default = if variable.default.is_empty() { "none" } else { variable.default };
        help.push_str(&format!("  {}\n          {} [default: {default}]\n", variable.name, variable.description));
        if !variable.also.is_empty() {
            help.push_str(&format!("          also: {}\n", variable.also.join(", ")));
        }
    }
    help.push_str("\nLogs go to stderr; RUST_LOG chooses which [default: info]\n\n");
    help.push_str(
        "Exit status: 0 after SIGTERM or SIGINT, 1 when it could not start, 2 for a bad setting, 124 when it had\n",
    );
    help.push_str("to be cut off, by SHUTDOWN_GRACE_SECONDS or by a third signal");
    help
}

/// How the names of variables begin that belong to parts of the service which are not there, and what happens instead.
const WITHOUT_EFFECT: [(&str, &str); 17] = [
    ("RATE_LIMIT_", "requests are not limited by rate; use a proxy that limits them"),
    ("OTEL_TRACES_", "there are no traces"),
    ("OTEL_EXPORTER_OTLP_TRACES_", "there are no traces"),
    ("OTEL_LOGS_", "logs go to stderr only; use RUST_LOG to choose which"),
    ("OTEL_EXPORTER_OTLP_LOGS_", "logs go to stderr only; use RUST_LOG to choose which"),
    ("OTEL_LOG_LEVEL", "logs go to stderr only; use RUST_LOG to choose which"),
    ("OTEL_LOGRECORD_", "there are no records of logs beside those on stderr"),
    ("OTEL_BLRP_", "there are no records of logs beside those on stderr"),
    ("OTEL_BSP_", "there are no traces"),
    ("OTEL_SPAN_", "there are no traces"),
    ("OTEL_EVENT_", "there are no traces"),
    ("OTEL_LINK_", "there are no traces"),
    ("OTEL_PROPAGATORS", "there are no traces"),
    ("OTEL_EXPORTER_ZIPKIN_", "there are no traces"),
    ("OTEL_ATTRIBUTE_", "attributes are limited by the labels that metrics are declared with"),
    ("OTEL_SEMCONV_", "names are those of the stable semantic conventions"),
    ("OTEL_RESOURCE_DETECTORS", "the resource is what OTEL_RESOURCE_ATTRIBUTES says"),
];

/// Values of these that ask for what happens anyway.
const HARMLESS: [&str; 6] = ["", "false", "none", "0", "0.0", "always_off"];

/// A sentence for each variable that is set and not supported, unless it asks for what happens anyway. Values are not
/// shown, for they may be secret.
pub fn without_effect(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<String> {
    let mut sentences: Vec<String> = variables
        .filter_map(|(name, value)| {
            let (name, value) = (name.to_str()?, value.to_string_lossy());
            let (_, reason) = WITHOUT_EFFECT.iter().find(|(beginning, _)| name.starts_with(beginning))?;
            let is_harmless = HARMLESS.iter().any(|known| value.trim().eq_ignore_ascii_case(known));
            (!is_harmless).then(|| format!("{} is not supported: {reason}", name.escape_debug()))
        })
        .collect();
    sentences.sort_unstable();
    sentences
}

/// A setting as it holds, for people to read.
pub struct Row {
    pub name: String,
    pub value: String,
    pub default: String,
    pub source: String,
}

impl Settings {
    /// The settings that hold, without secrets.
    pub fn rows(&self) -> Vec<Row> {
        let secret = |secret: &Option<Secret>| secret.as_ref().map_or("", |_| "***").to_owned();
        let seconds = |Seconds(duration): Seconds| duration.as_secs_f64().to_string();
        let values = [
            ("HOST", self.host.clone()),
            ("PORT", self.port.to_string()),
            ("API_V1_PREFIX", self.api_v1_prefix.as_str().to_owned()),
            ("DATABASE_URL", self.database_url.to_string()),
            ("DATABASE_POOL_SIZE", self.database_pool_size.to_string()),
            ("DATABASE_TIMEOUT_SECONDS", seconds(self.database_timeout_seconds)),
            ("JWT_SECRET_KEY", secret(&self.jwt_secret_key)),
            ("SERVICE_KEY", secret(&self.service_key)),
            ("PASSWORD_HASH_MEMORY_KIB", self.password_hash_memory_kib.to_string()),
            ("MAX_CONNECTIONS", self.max_connections.to_string()),
            ("MAX_CONNECTIONS_PER_ADDRESS", self.max_connections_per_address.to_string()),
            ("TRUSTED_PROXIES", self.trusted_proxies.to_string()),
            ("MAX_REQUESTS", self.max_requests.to_string()),
            ("REQUEST_BODY_LIMIT", self.request_body_limit.to_string()),
            ("REQUEST_HEADER_TIMEOUT_SECONDS", seconds(self.request_header_timeout_seconds)),
            ("IDLE_TIMEOUT_SECONDS", seconds(self.idle_timeout_seconds)),
            ("REQUEST_TIMEOUT_SECONDS", seconds(self.request_timeout_seconds)),
            ("SHUTDOWN_GRACE_SECONDS", seconds(self.shutdown_grace_seconds)),
        ];
        let command = Cli::command();
        let rows = values.into_iter().map(|(name, value)| {
            let argument = command.get_arguments().find(|argument| argument.get_env() == Some(OsStr::new(name)));
            let defaults = argument.map(clap::Arg::get_default_values).unwrap_or_default();
            let default: Vec<_> = defaults.iter().map(|default| default.to_string_lossy()).collect();
            let source = if std::env::var_os(name).is_some() {
                name
            } else if default.concat() == value {
                "default"
            } else {
                "flag"
            };
            Row { name: name.to_owned(), value, default: default.concat(), source: source.to_owned() }
        });
        rows.collect()
    }

    /// What the environment and the defaults say.
    ///
    /// # Errors
    ///
    /// When a variable holds a bad value; the error says which and why.
    pub fn from_env() -> Result<Self, clap::Error> {
        Cli::try_parse_from([env!("CARGO_PKG_NAME")]).map(|cli| cli.settings)
    }
}

/// A number of seconds, from a thousandth to a day, fractions allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seconds(pub Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
        if !(0.001..=86_400.0).contains(&seconds) {
            return Err("expected from 0.001 to 86400 seconds".to_owned());
        }
        Ok(Self(Duration::from_secs_f64(seconds)))
    }
}

/// Addresses and networks, such as `10.0.0.1, 192.168.0.0/16, fd00::/8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether one of them is this address or has it.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| match part.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => part.parse().map_err(|_| {
                format!("expected addresses and networks, such as 10.0.0.1,192.168.0.0/16; `{part}` is neither")
            }),
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

/// The path in front of every endpoint: empty, or `/` and plain segments without a `/` at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiPrefix(String);

impl ApiPrefix {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let prefix = text.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let segments_are_plain =
            || prefix.split('/').skip(1).all(|segment| !segment.is_empty() && segment.chars().all(plain));
        if prefix.is_empty() || (prefix.starts_with('/') && segments_are_plain()) {
            Ok(Self(prefix.to_owned()))
        } else {
            Err("expected a path such as /v1, of letters, digits and -._~".to_owned())
        }
    }
}

/// Where the SQLite file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl(PathBuf);

impl DatabaseUrl {
    /// The database in this file.
    pub fn of(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let Some(path) = url.strip_prefix("sqlite://") else {
            let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
            return Err(format!("only SQLite is supported, as sqlite://<path>; `{scheme}` is not"));
        };
        if path.is_empty() || path.ends_with('/') {
            return Err("expected a file after sqlite://".to_owned());
        }
        if path.starts_with(":memory:") || path.contains('?') {
            return Err("the database must be a plain file: no :memory:, no options after `?`".to_owned());
        }
        Ok(Self(PathBuf::from(path)))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite://{}", self.0.display())
    }
}

/// Text that must not reach a log.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = String;

    /// Nothing is not a secret: `SERVICE_KEY=` in a deployment file must not let everybody in.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty; unset the variable, or give it a value".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls() {
        let path = |url: &str| url.parse::<DatabaseUrl>().map(|url| url.path().to_owned());
        assert_eq!(path("sqlite://aiq.db"), Ok(PathBuf::from("aiq.db")));
        assert_eq!(path("sqlite://data/aiq.db"), Ok(PathBuf::from("data/aiq.db")));
        assert_eq!(path("sqlite:///var/lib/aiq.db"), Ok(PathBuf::from("/var/lib/aiq.db")));
        assert!(path("postgresql://db/aiq").unwrap_err().contains("`postgresql` is not"));
        for bad in ["sqlite://", "sqlite://:memory:", "sqlite://data/", "aiq.db"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn prefixes_are_normalised() {
        let prefix = |text: &str| text.parse::<ApiPrefix>().map(|prefix| prefix.0);
        assert_eq!(prefix("/v1/"), Ok("/v1".to_owned()));
        assert_eq!(prefix("/api/v1"), Ok("/api/v1".to_owned()));
        assert_eq!(prefix("/"), Ok(String::new()));
        for bad in ["v1", "/{id}", "/a//b", "/a b"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let secret: Secret = "correct horse".parse().unwrap();
        assert!(!format!("{secret:?}").contains("horse"));
        assert!("".parse::<Secret>().is_err());
    }

    #[test]
    fn networks_are_addresses_or_ranges() {
        let networks: Networks = "10.0.0.1, 192.168.0.0/16,fd00::/8".parse().unwrap();
        for inside in ["10.0.0.1", "192.168.7.9", "fd00::1"] {
            assert!(networks.contain(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["10.0.0.2", "192.169.0.1", "fe80::1"] {
            assert!(!networks.contain(outside.parse().unwrap()), "{outside}");
        }
        assert_eq!(networks.to_string(), "10.0.0.1/32,192.168.0.0/16,fd00::/8");
        assert_eq!("".parse(), Ok(Networks::default()));
        for bad in ["proxy.example.com", "10.0.0.0/33", "10.0.0.1;10.0.0.2"] {
            assert!(bad.parse::<Networks>().unwrap_err().contains("is neither"), "{bad}");
        }
    }

    #[test]
    fn durations_have_bounds() {
        assert_eq!("0.25".parse(), Ok(Seconds(Duration::from_millis(250))));
        for bad in ["0", "0.0009", "1e-10", "-1", "nan", "inf", "86401", "ten"] {
            assert!(bad.parse::<Seconds>().is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_without_effect_are_named_and_their_values_are_not() {
        let variables = [
            ("RATE_LIMIT_ENABLED", "yes"),
            ("RATE_LIMIT_LOGIN", "5"),
            ("RATE_LIMIT_KEYS", " "),
            ("OTEL_LOGS_ENABLED", "FALSE"),
            ("OTEL_TRACES_SAMPLE_RATE", "0.5"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=hunter2"),
            ("OTEL_METRICS_ENABLED", "true"),
            ("MY_RATE_LIMIT_ENABLED", "true"),
        ];
        let sentences = without_effect(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        let names: Vec<_> = sentences.iter().filter_map(|sentence| sentence.split(' ').next()).collect();
        let expected =
            ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_TRACES_SAMPLE_RATE", "RATE_LIMIT_ENABLED", "RATE_LIMIT_LOGIN"];
        assert_eq!(names, expected);
        assert!(
            sentences.iter().all(|sentence| sentence.contains("is not supported") && !sentence.contains("hunter2"))
        );
    }

    #[test]
    fn every_variable_is_explained() {
        for argument in Cli::command().get_arguments() {
            assert!(argument.get_help().is_some(), "{}", argument.get_id());
        }
    }
}
