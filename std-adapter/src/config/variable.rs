/// An environment variable that [`TelemetryConfig`](super::TelemetryConfig) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name; the first one that is set and not empty counts, this one before `also`.
    pub name: &'static str,
    /// Standard OpenTelemetry names for the same thing, in the order in which they are looked at.
    pub also: &'static [&'static str],
    /// What holds when none is set, and when the one that counts is bad.
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
pub(super) const EXPORTER: Variable =
    variable("OTEL_EXPORTER", &[], "console", "where metrics are pushed: console, otlp or none (Prometheus is apart)");
pub(super) const ENDPOINT: Variable = variable(
    "OTEL_OTLP_ENDPOINT",
    &["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
    "http://localhost:4317",
    "OTLP/gRPC receiver: http://host:port, or https://host:port for TLS",
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
    "milliseconds that one OTLP export may take, all attempts included",
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
