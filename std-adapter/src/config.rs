//! What the environment says about telemetry, read once at the start.
//!
//! Where a variable of the AIQ backend and standard OpenTelemetry variables mean the same, the AIQ one counts first,
//! then the one for metrics (`OTEL_EXPORTER_OTLP_METRICS_…`), then the general one. A variable that is unset, empty or
//! blank does not count. A value that counts but is bad gives a [`Warning`] and the default: no variable further down
//! stands in for it, because two receivers that each get half of the data are harder to notice than a warning.
//!
//! Values about where to push have no default to fall back to: who is to get the data, with which credentials, and whom
//! to trust. If one of them cannot be used, nothing is pushed, and [`TelemetryConfig::push_refused_by`] names it.
//!
//! Some standard variables are not supported. Those in the second table of the README give a [`Warning`] when they are
//! set, unless they ask for what happens anyway; others, such as `OTEL_PROPAGATORS`, are ignored.

mod parse;
mod reader;
mod variable;

#[cfg(test)]
mod tests;

use std::fmt;

pub use reader::Warning;
pub use variable::{VARIABLES, Variable};

use self::reader::Reader;
use crate::export::otlp::{OtlpConfig, endpoint::redact};
use crate::export::periodic::Schedule;

/// All that telemetry can be told from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TelemetryConfig {
    /// Everything is off, whatever the other switches say. Default false. From `OTEL_SDK_DISABLED`.
    pub sdk_disabled: bool,
    /// Master switch. Default false. From `OTEL_ENABLED`.
    pub enabled: bool,
    /// Metrics are collected, if the master switch is on. Default false. From `OTEL_METRICS_ENABLED`.
    pub metrics_enabled: bool,
    /// Where metrics are pushed. Default the console. From `OTEL_EXPORTER` or `OTEL_METRICS_EXPORTER`.
    pub exporter: Exporter,
    /// The OTLP receiver; used when [`exporter`](Self::exporter) is [`Exporter::Otlp`]. Its fields name their variables.
    pub otlp: OtlpConfig,
    /// `GET /v1/metrics` is served, if metrics are on. Default false. From `PROMETHEUS_METRICS_ENABLED`, or else from
    /// `prometheus` in `OTEL_METRICS_EXPORTER`, also where `OTEL_EXPORTER` says where metrics are pushed.
    pub prometheus_enabled: bool,
    /// How often metrics are pushed and how long that may take. Default each 60 s, for at most 30 s. Its fields name
    /// their variables.
    pub schedule: Schedule,
    /// The resource attribute `service.name`. Default what the caller of [`from_env`](Self::from_env) passed.
    /// From `OTEL_SERVICE_NAME`, or else from `service.name` in `OTEL_RESOURCE_ATTRIBUTES`.
    pub service_name: String,
    /// The other resource attributes, each key once, never `service.name`. Default none.
    /// From `OTEL_RESOURCE_ATTRIBUTES`.
    pub resource_attributes: Vec<(String, String)>,
    default_service_name: String,
    sources: Sources,
    refusal: Option<Refusal>,
}

/// Something that was said about the receiver cannot be honoured. Then the endpoint in [`TelemetryConfig::otlp`] is
/// empty, so that nobody can send by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    /// The first variable at fault.
    by: &'static str,
    /// The endpoint for people to read; empty if it is at fault itself.
    endpoint: String,
    are_headers_bad: bool,
}

impl Refusal {
    fn by(variable: &'static str) -> Self {
        Self { by: variable, endpoint: String::new(), are_headers_bad: false }
    }
}

/// Where metrics are pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exporter {
    /// To standard output, for development.
    #[default]
    Console,
    /// To an OTLP receiver.
    Otlp,
    /// Nowhere. The Prometheus endpoint is not affected.
    None,
    /// Nowhere, because what was asked for is not one of these. The Prometheus endpoint is not affected.
    Unusable,
}

/// What a table shows of a destination that cannot be used. It is no good value itself.
const UNUSABLE: &str = "unusable";

impl fmt::Display for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Console => "console",
            Self::Otlp => "otlp",
            Self::None => "none",
            Self::Unusable => UNUSABLE,
        })
    }
}

/// Where to push, once all switches have been looked at: what [`TelemetryConfig::push`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push<'a> {
    /// To standard output.
    Console,
    /// To this OTLP receiver.
    Otlp(&'a OtlpConfig),
}

/// One line of the table that a `check` command prints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The variable's first name, as in [`VARIABLES`].
    pub name: &'static str,
    /// The value that holds, without secrets.
    pub value: String,
    /// The value that holds when nothing is set.
    pub default: String,
    /// The variable that the value came from, or `default`.
    pub source: &'static str,
}

/// For each of [`VARIABLES`], the name that its value came from.
type Sources = [Option<&'static str>; VARIABLES.len()];

impl TelemetryConfig {
    /// Everything at its default: metrics are off.
    pub fn new(default_service_name: &str) -> Self {
        Self {
            sdk_disabled: false,
            enabled: false,
            metrics_enabled: false,
            exporter: Exporter::default(),
            otlp: OtlpConfig::default(),
            prometheus_enabled: false,
            schedule: Schedule::default(),
            service_name: default_service_name.into(),
            resource_attributes: Vec::new(),
            default_service_name: default_service_name.into(),
            sources: [None; VARIABLES.len()],
            refusal: None,
        }
    }

    /// Reads the process's environment. It never fails: a bad value gives a warning and its default, or, if it is about
    /// where to push, a warning and no push.
    pub fn from_env(default_service_name: &str) -> (Self, Vec<Warning>) {
        Self::from_lookup(default_service_name, |name| {
            // What is not UTF-8 arrives with replacement characters, which no value may hold.
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// Like [`from_env`](Self::from_env), with another source of variables, such as a map in a test.
    pub fn from_lookup(default_service_name: &str, lookup: impl Fn(&str) -> Option<String>) -> (Self, Vec<Warning>) {
        let mut config = Self::new(default_service_name);
        let mut reader = Reader::new(lookup);
        reader.value(&variable::SDK_DISABLED, parse::boolean, &mut config.sdk_disabled);
        reader.value(&variable::ENABLED, parse::boolean, &mut config.enabled);
        reader.value(&variable::METRICS_ENABLED, parse::boolean, &mut config.metrics_enabled);
        reader.exporter(&mut config.exporter);
        reader.prometheus(&mut config.prometheus_enabled);
        reader.receiver(&mut config.otlp);
        reader.value(&variable::OTLP_TIMEOUT, parse::millis, &mut config.otlp.timeout);
        reader.value(&variable::INTERVAL, parse::millis, &mut config.schedule.interval);
        reader.value(&variable::EXPORT_TIMEOUT, parse::millis, &mut config.schedule.export_timeout);

        let attributes = &mut config.resource_attributes;
        reader.value(&variable::RESOURCE_ATTRIBUTES, parse::attributes, attributes);
        if let Some(at) = attributes.iter().position(|(key, _)| key == "service.name") {
            let (_, name) = attributes.remove(at);
            if !name.is_empty() {
                config.service_name = name;
                reader.set_source(&variable::SERVICE_NAME, variable::RESOURCE_ATTRIBUTES.name);
            }
        }
        reader.value(&variable::SERVICE_NAME, |text| Ok(text.into()), &mut config.service_name);
        let warnings;
        (config.sources, config.refusal, warnings) = reader.finish();
        (config, warnings)
    }

    /// Whether metrics are collected at all.
    pub fn metrics_on(&self) -> bool {
        self.metrics_off_because().is_none()
    }

    /// Where to push metrics; `None` when nowhere.
    pub fn push(&self) -> Option<Push<'_>> {
        if !self.metrics_on() || self.push_refused_by().is_some() {
            return None;
        }
        match self.exporter {
            Exporter::Console => Some(Push::Console),
            Exporter::Otlp => Some(Push::Otlp(&self.otlp)),
            Exporter::None | Exporter::Unusable => None,
        }
    }

    /// The variable that says where to push metrics and cannot be used, so that nothing is pushed; `None` when metrics
    /// are off, or there is no such variable.
    ///
    /// ```
    /// use picometer_std::config::TelemetryConfig;
    ///
    /// let (config, warnings) = TelemetryConfig::from_lookup("shop", |name| match name {
    ///     "OTEL_ENABLED" | "OTEL_METRICS_ENABLED" => Some("true".into()),
    ///     "OTEL_EXPORTER" => Some("otlp".into()),
    ///     "OTEL_EXPORTER_OTLP_HEADERS" => Some("a token without a name".into()),
    ///     _ => None,
    /// });
    /// assert_eq!(config.push_refused_by(), Some("OTEL_EXPORTER_OTLP_HEADERS"));
    /// assert_eq!(config.push(), None);
    /// assert_eq!(warnings.len(), 1);
    /// ```
    pub fn push_refused_by(&self) -> Option<&'static str> {
        let variable = match self.exporter {
            Exporter::Unusable => {
                let at = VARIABLES.iter().position(|known| *known == variable::EXPORTER)?;
                self.sources[at].unwrap_or(variable::EXPORTER.name)
            }
            Exporter::Otlp if self.otlp.endpoint.is_empty() => {
                self.refusal.as_ref().map_or(variable::ENDPOINT.name, |refusal| refusal.by)
            }
            _ => return None,
        };
        self.metrics_on().then_some(variable)
    }

    /// Whether `GET /v1/metrics` shows metrics.
    pub fn prometheus_on(&self) -> bool {
        self.prometheus_off_because().is_none()
    }

    /// The first switch that keeps `GET /v1/metrics` off, such as `OTEL_ENABLED`; `None` when it is on.
    pub fn prometheus_off_because(&self) -> Option<&'static str> {
        self.metrics_off_because().or((!self.prometheus_enabled).then_some(variable::PROMETHEUS.name))
    }

    fn metrics_off_because(&self) -> Option<&'static str> {
        if self.sdk_disabled {
            Some(variable::SDK_DISABLED.name)
        } else if !self.enabled {
            Some(variable::ENABLED.name)
        } else if !self.metrics_enabled {
            Some(variable::METRICS_ENABLED.name)
        } else {
            None
        }
    }

    /// The values that hold, for a table. Header values and credentials in the endpoint are masked. An exporter,
    /// endpoint or list of headers that cannot be used is `unusable`.
    ///
    /// `source` tells what was read; fields changed since then are shown with their new values.
    pub fn rows(&self) -> Vec<Row> {
        let attributes: Vec<String> =
            self.resource_attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let values: [String; VARIABLES.len()] = [
            self.sdk_disabled.to_string(),
            self.enabled.to_string(),
            self.metrics_enabled.to_string(),
            self.exporter.to_string(),
            self.endpoint_shown(),
            self.headers_shown(),
            self.otlp.timeout.as_millis().to_string(),
            self.prometheus_enabled.to_string(),
            self.schedule.interval.as_millis().to_string(),
            self.schedule.export_timeout.as_millis().to_string(),
            self.service_name.clone(),
            attributes.join(","),
        ];
        let rows = VARIABLES.iter().zip(values).zip(self.sources);
        rows.map(|((variable, value), source)| Row {
            name: variable.name,
            value,
            default: if *variable == variable::SERVICE_NAME {
                self.default_service_name.clone()
            } else {
                variable.default.into()
            },
            source: source.unwrap_or("default"),
        })
        .collect()
    }

    fn endpoint_shown(&self) -> String {
        let refused = self.refusal.as_ref().map_or("", |refusal| &refusal.endpoint);
        match (self.otlp.endpoint.as_str(), refused) {
            ("", "") => UNUSABLE.into(),
            ("", endpoint) | (endpoint, _) => redact(endpoint),
        }
    }

    fn headers_shown(&self) -> String {
        let are_bad = self.refusal.as_ref().is_some_and(|refusal| refusal.are_headers_bad);
        if are_bad && self.otlp.headers.is_empty() { UNUSABLE.into() } else { self.otlp.headers.to_string() }
    }
}
