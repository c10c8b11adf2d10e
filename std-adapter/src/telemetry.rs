//! Starting and stopping: from the settings to exporters that run, and back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Push, TelemetryConfig};
use crate::export::console::ConsoleExporter;
use crate::export::otlp::OtlpExporter;
use crate::export::periodic::{ExportStats, PeriodicReader};
use crate::export::prometheus::PrometheusExporter;
use crate::export::{Batch, ExportError, PushExporter};
use crate::resource::INSTANCE_ID;
use crate::{Clock, Registry, Resource};

/// The exporters of a process.
///
/// A part that cannot start is warned about and left out: a service serves whether it is measured or not. Log lines
/// go through `tracing`; `metrics initialized` is the last of a start.
///
/// Call [`shutdown`](Self::shutdown) at the end. Without it, dropping pushes a last time, which blocks for at most 5 s
/// or the export timeout, whichever is less, and warns about it. A process that ends without either, as by
/// [`exit`](std::process::exit), loses what was recorded since the last push. Start telemetry after a fork: nothing is
/// pushed from the forked process, and each method that exports returns an error there.
///
/// ```
/// use picometer_std::config::TelemetryConfig;
/// use picometer_std::{Registry, Telemetry};
///
/// let (config, warnings) = TelemetryConfig::from_env("shop");
/// assert!(warnings.is_empty());
/// let telemetry = Telemetry::start(&config, "1.2.3", Registry::new());
/// assert_eq!(telemetry.prometheus().unwrap_err(), "OTEL_ENABLED"); // the switch that is off
/// telemetry.shutdown(std::time::Duration::from_secs(5))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Telemetry {
    is_on: bool,
    reader: Option<PeriodicReader>,
    prometheus: Result<PrometheusExporter, &'static str>,
}

impl Telemetry {
    /// Starts what `config` asks for. `version` is the resource attribute `service.version`, and `service.instance.id`
    /// that of the process, unless `OTEL_RESOURCE_ATTRIBUTES` has them.
    #[must_use]
    pub fn start(config: &TelemetryConfig, version: &str, registry: Registry) -> Self {
        if !config.metrics_on() {
            let switch = config.prometheus_off_because().unwrap_or_default();
            tracing::info!(switch, "metrics are off");
            return Self { is_on: false, reader: None, prometheus: Err(switch) };
        }
        let resource = resource(config, version);
        let registry = Arc::new(registry);
        if let Some(variable) = config.push_refused_by() {
            tracing::info!(variable, "metrics are not pushed: the destination cannot be used");
        }
        let reader = config.push().and_then(|push| start_reader(config, push, &registry, &resource));
        let prometheus = match config.prometheus_off_because() {
            None => {
                tracing::info!("prometheus exporter initialized");
                Ok(PrometheusExporter::new(registry, resource))
            }
            Some(switch) => Err(switch),
        };
        tracing::info!(service = config.service_name, "metrics initialized");
        Self { is_on: true, reader, prometheus }
    }

    /// Whether metrics are on: pushed, scraped, or waiting for either.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// The exporter for scrapes.
    ///
    /// # Errors
    /// The name of the switch that is off.
    pub fn prometheus(&self) -> Result<&PrometheusExporter, &'static str> {
        // A scrape may be all that a forked process ever asks for.
        if let Some(reader) = &self.reader {
            let _ = reader.report_fork();
        }
        self.prometheus.as_ref().map_err(|switch| *switch)
    }

    /// What was pushed so far, if anything is pushed.
    #[must_use]
    pub fn pushed(&self) -> Option<ExportStats> {
        self.reader.as_ref().map(PeriodicReader::stats)
    }

    /// Pushes a last time and stops, within `timeout`. Blocks; a second call returns what the first did.
    ///
    /// # Errors
    /// The last push failed, the time was over, or this process was forked from the one that pushes.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ExportError> {
        if !self.is_on {
            return Ok(());
        }
        let outcome = self.reader.as_ref().map_or(Ok(()), |reader| reader.shutdown(timeout));
        if outcome.as_ref().is_err_and(ExportError::is_forked) {
            return outcome;
        }
        let ExportStats { exported, failed, .. } = self.pushed().unwrap_or_default();
        tracing::info!(exported, failed, "metrics shut down");
        outcome
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("reader", &self.reader).field("prometheus", &self.prometheus).finish()
    }
}

fn resource(config: &TelemetryConfig, version: &str) -> Resource {
    let program = Resource::new(&config.service_name)
        .with_instance_id()
        .with("service.version", version)
        .with("telemetry.sdk.language", "rust")
        .with("telemetry.sdk.name", "picometer")
        .with("telemetry.sdk.version", env!("CARGO_PKG_VERSION"));
    // An instance without a name would not be told from others.
    let given = config.resource_attributes.iter().filter(|(key, value)| key != INSTANCE_ID || !value.is_empty());
    given.fold(program, |resource, (key, value)| resource.with(key, value))
}

fn start_reader(
    config: &TelemetryConfig,
    push: Push<'_>,
    registry: &Arc<Registry>,
    resource: &Resource,
) -> Option<PeriodicReader> {
    let (registry, resource) = (Arc::clone(registry), resource.clone());
    let started = match push {
        Push::Console => read(config, ConsoleExporter::new(), move |batch: &mut Batch| {
            batch.push(|out| {
                registry.write_text(&resource, out);
                0
            });
        }),
        Push::Otlp(otlp) => {
            let (mut clock, limits) = (Clock::start(), otlp.limits);
            OtlpExporter::new(otlp.clone()).and_then(|exporter| {
                read(config, exporter, move |batch| registry.write_otlp(&resource, &mut clock, limits, batch))
            })
        }
    };
    started.inspect_err(|error| tracing::warn!(%error, exporter = %config.exporter, "metrics are not pushed")).ok()
}

fn read<E, C>(config: &TelemetryConfig, exporter: E, collect: C) -> Result<PeriodicReader, ExportError>
where
    E: PushExporter + Send + 'static,
    C: FnMut(&mut Batch) + Send + 'static,
{
    let name = exporter.name().to_owned();
    let reader = PeriodicReader::start(config.schedule, exporter, collect)?;
    tracing::info!(interval = ?config.schedule.interval, "{name} exporter initialized");
    Ok(reader)
}
