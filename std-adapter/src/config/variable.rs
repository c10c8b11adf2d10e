/// An environment variable that [`TelemetryConfig`](super::TelemetryConfig) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name; the first one that is set and not empty counts, this one before `also`.
    pub name: &'static str,
    /// Standard OpenTelemetry names for the same thing, in the order in which they are looked at.
    pub also: &'static [&'static str],
    /// What holds when none is set, and when the one that counts is bad, unless it is about where to push: then nothing
    /// is pushed.
    pub default: &'static str,
    /// One line for `--help`.
    pub description: &'static str,
}

const fn variable(
    name: &'static str,
    also: &'static [&'static str],
    default: &'static str,
    description: &'static str,
) -> Variable {
    Variable { name, also, default, description }
}

pub(super) const SDK_DISABLED: Variable =
    variable("OTEL_SDK_DISABLED", &[], "false", "true switches everything off, whatever else is set");
pub(super) const ENABLED: Variable =
    variable("OTEL_ENABLED", &[], "false", "master switch of metrics, traces and logs");
pub(super) const METRICS_ENABLED: Variable =
    variable("OTEL_METRICS_ENABLED", &[], "false", "switches metrics on, if OTEL_ENABLED is true");
/// A list of exporters. If `prometheus` is among them, metrics are scraped, whatever else it holds.
pub(super) const METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";
pub(super) const EXPORTER: Variable = variable(
    "OTEL_EXPORTER",
    &[METRICS_EXPORTER],
    "console",
    "where metrics are pushed: console, otlp or none; the standard variable may also name prometheus, which is scraped",
);
pub(super) const ENDPOINT: Variable = variable(
    "OTEL_OTLP_ENDPOINT",
    &["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
    "http://localhost:4317",
    "OTLP/gRPC receiver: http://host:port, or https://host:port for TLS; the port may be left out where it is 80 or 443",
);
pub(super) const HEADERS: Variable = variable(
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    &["OTEL_EXPORTER_OTLP_HEADERS"],
    "",
    "headers of each OTLP request, such as credentials: name=value,name=value, percent-encoded",
);
pub(super) const OTLP_TIMEOUT: Variable = variable(
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    &["OTEL_EXPORTER_OTLP_TIMEOUT"],
    "10000",
    "milliseconds that one OTLP request may take, all attempts included",
);
pub(super) const PROMETHEUS: Variable =
    variable("PROMETHEUS_METRICS_ENABLED", &[], "false", "serves GET /v1/metrics, if metrics are on");
pub(super) const INTERVAL: Variable = variable(
    "OTEL_METRICS_EXPORT_INTERVAL_MILLIS",
    &["OTEL_METRIC_EXPORT_INTERVAL"],
    "60000",
    "milliseconds from one push to the next",
);
pub(super) const EXPORT_TIMEOUT: Variable =
    variable("OTEL_METRIC_EXPORT_TIMEOUT", &[], "30000", "milliseconds that one push may take, whatever the exporter");
pub(super) const SERVICE_NAME: Variable = variable(
    "OTEL_SERVICE_NAME",
    &[],
    "",
    "resource attribute service.name (without it, that in OTEL_RESOURCE_ATTRIBUTES, or the program's)",
);
pub(super) const RESOURCE_ATTRIBUTES: Variable =
    variable("OTEL_RESOURCE_ATTRIBUTES", &[], "", "resource attributes: key=value,key=value, percent-encoded");

/// All variables, in the order of [`TelemetryConfig::rows`](super::TelemetryConfig::rows).
pub const VARIABLES: [Variable; 12] = [
    SDK_DISABLED,
    ENABLED,
    METRICS_ENABLED,
    EXPORTER,
    ENDPOINT,
    HEADERS,
    OTLP_TIMEOUT,
    PROMETHEUS,
    INTERVAL,
    EXPORT_TIMEOUT,
    SERVICE_NAME,
    RESOURCE_ATTRIBUTES,
];

/// Standard variables that are read only to say that they are not honoured.
pub(super) struct Unsupported {
    /// The first one that is set and not empty counts, and gets the warning.
    pub(super) names: &'static [&'static str],
    /// The value that asks for what happens anyway, in any case; empty where there is none.
    pub(super) harmless: &'static str,
    /// Whether it is about where to push, with which credentials, or whom to trust: nothing is pushed over OTLP then.
    pub(super) refuses: bool,
    /// What happens, in words that follow "is not supported: ".
    pub(super) reason: &'static str,
    /// What to do, in words that follow a semicolon; empty where there is nothing to do.
    pub(super) instead: &'static str,
}

impl Unsupported {
    /// The warning, without the value: a key may stand where the name of its file belongs.
    pub(super) fn text(&self, name: &str) -> String {
        let consequence = if self.refuses { ". Nothing is pushed over OTLP" } else { "" };
        let separator = if self.instead.is_empty() { "" } else { "; " };
        format!("{name} is not supported: {}{consequence}{separator}{}", self.reason, self.instead)
    }
}

const fn without_effect(
    names: &'static [&'static str],
    harmless: &'static str,
    reason: &'static str,
    instead: &'static str,
) -> Unsupported {
    Unsupported { names, harmless, refuses: false, reason, instead }
}

const fn refused(
    names: &'static [&'static str],
    harmless: &'static str,
    reason: &'static str,
    instead: &'static str,
) -> Unsupported {
    Unsupported { names, harmless, refuses: true, reason, instead }
}

pub(super) const UNSUPPORTED: [Unsupported; 11] = [
    refused(
        &["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        "grpc",
        "OTLP is sent over gRPC only",
        "set it to grpc and name a gRPC receiver",
    ),
    refused(
        &["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "",
        "only the system's certificates, or those in SSL_CERT_FILE, are trusted",
        "name the file in SSL_CERT_FILE",
    ),
    refused(
        &["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
        "",
        "no client certificate is sent",
        "put credentials into OTEL_EXPORTER_OTLP_HEADERS",
    ),
    refused(
        &["OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
        "",
        "no client certificate is sent",
        "put credentials into OTEL_EXPORTER_OTLP_HEADERS",
    ),
    refused(
        &["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"],
        "",
        "the file is not read and may name another receiver",
        "use environment variables",
    ),
    without_effect(
        &["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
        "none",
        "requests are not compressed",
        "",
    ),
    without_effect(
        &["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_EXPORTER_OTLP_TEMPORALITY_PREFERENCE"],
        "cumulative",
        "points are cumulative",
        "use the Collector's cumulativetodelta processor for deltas",
    ),
    without_effect(
        &[
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "OTEL_EXPORTER_OTLP_DEFAULT_HISTOGRAM_AGGREGATION",
        ],
        "explicit_bucket_histogram",
        "each histogram has the buckets that it was declared with",
        "",
    ),
    without_effect(&["OTEL_METRICS_EXEMPLAR_FILTER"], "always_off", "there are no exemplars", ""),
    without_effect(
        &["OTEL_EXPORTER_PROMETHEUS_HOST"],
        "",
        "metrics are scraped at the address of the service that shows them",
        "",
    ),
    without_effect(
        &["OTEL_EXPORTER_PROMETHEUS_PORT"],
        "",
        "metrics are scraped at the address of the service that shows them",
        "",
    ),
];

/// Whether the connection is to be without TLS. The endpoint's scheme decides; these are compared with it.
pub(super) const INSECURE: [&str; 2] = ["OTEL_EXPORTER_OTLP_METRICS_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"];
