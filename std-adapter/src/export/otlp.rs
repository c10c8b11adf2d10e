//! OTLP over gRPC: sends encoded `ExportMetricsServiceRequest`s to a receiver such as the OpenTelemetry Collector.
//!
//! A receiver that is down is no error until an export's time is over: attempts are repeated as the OTLP specification
//! says, and the connection is made when it is first needed and again whenever it broke.
//!
//! What this does not do: OTLP over HTTP, compression, client certificates, private certificate authorities (except
//! through the system's store or `SSL_CERT_FILE`), HTTP proxies.

mod certificates;
mod codec;
pub(crate) mod endpoint;
mod headers;
mod message;
mod probe;
mod retry;
mod status;

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::uri::PathAndQuery;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::{
    Request, Status,
    client::Grpc,
    metadata::MetadataMap,
    transport::{Channel, ClientTlsConfig},
};

pub use headers::{Headers, InvalidHeader};
pub use picometer::encode::otlp::Limits;
pub use probe::probe;

use self::{
    codec::EncodedRequest,
    endpoint::{Endpoint, redact},
    retry::{Backoff, Verdict, verdict},
    status::{cut, describe},
};
use super::{ExportError, Exported, PushExporter, error::Kind};

const EXPORT: PathAndQuery =
    PathAndQuery::from_static("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");

const USER_AGENT: &str = concat!("picometer-std/", env!("CARGO_PKG_VERSION"));

/// The longest throttle that outlives the export it was the answer to. A receiver's wrong clock or unit must not
/// silence a service for good.
const LONGEST_THROTTLE: Duration = Duration::from_secs(600);

/// Settings of an [`OtlpExporter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpConfig {
    /// `http://host:port` or `https://host:port`; without a port it is 80 or 443. Default `http://localhost:4317`.
    /// Empty when what the environment says about the receiver cannot be used: an exporter refuses it.
    /// From `OTEL_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub endpoint: String,
    /// Sent with each request. Default none.
    /// From `OTEL_EXPORTER_OTLP_METRICS_HEADERS` or `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Headers,
    /// The most that one request takes, connecting and all attempts included. Default 10 s.
    /// From `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT` or `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds.
    pub timeout: Duration,
    /// The pause before the second attempt; each later one is half as long again, all ±20 %. Default 1 s (as in the
    /// OpenTelemetry SDKs' retry policy). Not read from the environment.
    pub first_pause: Duration,
    /// The longest pause between two attempts. Default 5 s (as in the OpenTelemetry SDKs' retry policy). Not read from
    /// the environment.
    pub longest_pause: Duration,
    /// How large a request may be. [`Telemetry`](crate::Telemetry) splits what is larger into several requests, as
    /// [`Registry::write_otlp`](crate::Registry::write_otlp) does with these limits; [`OtlpExporter::export`] sends what
    /// it is given as one. Default [`LIMITS`]. Not read from the environment.
    pub limits: Limits,
}

/// The size of requests that receivers accept by default. gRPC libraries take messages of 4 MiB, the Collector's
/// among them: 4 KiB less leave room for what a proxy puts around one. 8,192 data points are what the Collector's batch
/// processor makes a batch of (`send_batch_size`).
pub const LIMITS: Limits = Limits { bytes: (4 << 20) - (4 << 10), points: 8192 };

impl Default for OtlpConfig {
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:4317".into(),
            headers: Headers::new(),
            timeout: Duration::from_secs(10),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5),
            limits: LIMITS,
        }
    }
}

/// An OTLP/gRPC client.
///
/// It belongs to the tokio runtime of its first export (a [`PeriodicReader`](super::periodic::PeriodicReader) gives it
/// one of its own). Attempts are logged at debug level, failed exports by whoever called [`export`](Self::export).
///
/// ```
/// use picometer_std::export::otlp::{OtlpConfig, OtlpExporter};
/// use picometer_std::export::{Batch, ExportError};
/// use picometer_std::{Clock, Registry, Resource};
///
/// let config = OtlpConfig { endpoint: "http://otlp.example:4317".into(), ..OtlpConfig::default() };
/// let (registry, mut clock, mut batch) = (Registry::new(), Clock::start(), Batch::new());
/// registry.write_otlp(&Resource::new("shop"), &mut clock, config.limits, &mut batch);
///
/// async fn push(exporter: &mut OtlpExporter, batch: &Batch) -> Result<(), ExportError> {
///     for request in batch.requests() {
///         exporter.export(request.bytes).await?;
///     }
///     Ok(())
/// }
/// let mut exporter = OtlpExporter::new(config)?;
/// let pushed = push(&mut exporter, &batch); // Await it in a tokio runtime.
/// # drop(pushed);
/// # Ok::<(), ExportError>(())
/// ```
pub struct OtlpExporter {
    endpoint: tonic::transport::Endpoint,
    url: String,
    metadata: MetadataMap,
    config: OtlpConfig,
    /// Made by the first export, because making it needs a runtime; dropped when it may be dead.
    channel: Option<Channel>,
    /// True while an export runs, hence also after one was dropped halfway.
    unfinished: bool,
    /// The receiver asked for silence until then.
    throttled_until: Option<Instant>,
}

impl OtlpExporter {
    /// Checks the settings; connects to nothing and needs no runtime.
    ///
    /// With an `https` endpoint the system's certificates are read from files, or, where there are none, Mozilla's
    /// built-in list is used. Nothing stands in for those that `SSL_CERT_FILE` names, nor, where that is not set, for
    /// those that `SSL_CERT_DIR` names.
    ///
    /// # Errors
    ///
    /// The endpoint is not of the form `http://host:port` or `https://host:port`, `SSL_CERT_FILE` or `SSL_CERT_DIR` names
    /// no certificate that can be read, or TLS cannot be set up. [`ExportError::is_config`] is true.
    pub fn new(config: OtlpConfig) -> Result<Self, ExportError> {
        let parsed = Endpoint::parse(&config.endpoint).map_err(|problem| {
            let endpoint = redact(&config.endpoint);
            let message = format!("OTEL_OTLP_ENDPOINT: the endpoint \"{endpoint}\" {problem}");
            ExportError::of(Kind::Config, message)
        })?;
        let url = parsed.url();
        let only_chosen = parsed.tls && certificates::are_chosen()?;
        let endpoint =
            transport(&parsed, &url, config.timeout, only_chosen).map_err(|error: tonic::transport::Error| {
                let message = format!("OTEL_OTLP_ENDPOINT: {url} cannot be used");
                let message = format!("{message}: {}", status::root_cause(&error));
                ExportError::of(Kind::Config, message).caused_by(error)
            })?;
        Ok(Self {
            endpoint,
            url,
            metadata: MetadataMap::from_headers(config.headers.map().clone()),
            config,
            channel: None,
            unfinished: false,
            throttled_until: None,
        })
    }

    /// Sends an encoded `ExportMetricsServiceRequest`, trying again as the OTLP specification says, within the
    /// configured timeout.
    ///
    /// A partial success is a success: what was rejected is never sent again.
    ///
    /// # Errors
    ///
    /// The receiver refused the batch, could not be reached in time, did not answer in time, or has asked for a pause
    /// that is longer than the time left.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its time and network drivers enabled.
    pub async fn export(&mut self, request: &[u8]) -> Result<Exported, ExportError> {
        self.export_within(request, self.config.timeout).await
    }

    async fn export_within(&mut self, request: &[u8], limit: Duration) -> Result<Exported, ExportError> {
        if self.unfinished {
            self.disconnect();
        }
        self.unfinished = true;
        let result = self.attempts(request, limit).await;
        self.unfinished = false;
        result
    }

    async fn attempts(&mut self, request: &[u8], limit: Duration) -> Result<Exported, ExportError> {
        let start = Instant::now();
        let deadline = start.checked_add(limit);
        let fits = |pause_end: Option<Instant>| match (pause_end, deadline) {
            (Some(end), Some(deadline)) => end < deadline,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if let Some(until) = self.throttled_until.filter(|until| *until > start) {
            if !fits(Some(until)) {
                return Err(self.throttled(until - start, "said so in its answer to an earlier export"));
            }
            sleep_until(until).await;
        }
        self.throttled_until = None;

        let request = Bytes::copy_from_slice(request);
        let mut backoff = Backoff::new(self.config.first_pause, self.config.longest_pause);
        let mut attempt = 1_u32;
        let mut last_failure = None;
        loop {
            let sent = self.attempt(request.clone(), deadline);
            let status = match within(deadline, sent).await {
                Some(Ok(exported)) => {
                    tracing::debug!("otlp: {} took {} bytes", self.url, request.len());
                    return Ok(exported);
                }
                Some(Err(status)) if !status::expired(&status) => status,
                _ => {
                    // The peer may be gone without a word, which TCP notices only after many minutes.
                    self.disconnect();
                    return Err(self.timed_out(limit, last_failure));
                }
            };
            let text = describe(&status);
            let now = Instant::now();
            let verdict = verdict(&status);
            let pause = match verdict {
                Verdict::Final => return Err(self.refused(&text, status)),
                Verdict::Retry => backoff.pause(),
                Verdict::RetryAfter(delay) => backoff.pause().max(delay),
            };
            let resume = now.checked_add(pause);
            if !fits(resume) {
                if let Verdict::RetryAfter(delay) = verdict {
                    self.throttled_until = now.checked_add(delay.min(LONGEST_THROTTLE));
                    return Err(self.throttled(delay, &text).caused_by(status));
                }
                return Err(self.gave_up(attempt, start.elapsed(), &text, status));
            }
            tracing::debug!("otlp: attempt {attempt} at {} failed: {text}; the next in {pause:.0?}", self.url);
            if let Some(resume) = resume {
                sleep_until(resume).await;
            }
            attempt = attempt.saturating_add(1);
            last_failure = Some(text);
        }
    }

    /// One request, one answer.
    async fn attempt(&mut self, request: Bytes, deadline: Option<Instant>) -> Result<Exported, Status> {
        let channel = self.channel.get_or_insert_with(|| self.endpoint.connect_lazy());
        let mut client = Grpc::new(channel.clone());
        client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        let mut request = Request::from_parts(self.metadata.clone(), tonic::Extensions::default(), request);
        if let Some(deadline) = deadline {
            request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        }
        let response = client.unary(request, EXPORT, EncodedRequest).await?;
        let mut exported = Exported::from(response.into_inner());
        exported.message = cut(&exported.message);
        Ok(exported)
    }

    fn disconnect(&mut self) {
        self.channel = None;
    }

    fn refused(&self, text: &str, status: Status) -> ExportError {
        let message = format!("{} refused it: {text}", self.url);
        ExportError::of(Kind::Refused, message).caused_by(status)
    }

    fn timed_out(&self, limit: Duration, last_failure: Option<String>) -> ExportError {
        let mut message = format!("{} did not answer within {limit:.0?}", self.url);
        if let Some(failure) = last_failure {
            message = format!("{message}; the attempt before failed: {failure}");
        }
        ExportError::of(Kind::Timeout, message)
    }

    fn throttled(&self, pause: Duration, text: &str) -> ExportError {
        let message = format!("{} asks for a pause of {pause:.0?}: {text}", self.url);
        ExportError::of(Kind::Throttled, message)
    }

    fn gave_up(&self, attempts: u32, elapsed: Duration, text: &str, status: Status) -> ExportError {
        let message = format!("{} not reached: {text} (attempts: {attempts}, in {elapsed:.0?})", self.url);
        ExportError::of(Kind::Unavailable, message).caused_by(status)
    }
}

impl PushExporter for OtlpExporter {
    fn name(&self) -> &str {
        "otlp"
    }

    /// Like [`OtlpExporter::export`], within `limit` or the configured timeout, whichever is shorter.
    async fn export(&mut self, request: &[u8], limit: Duration) -> Result<Exported, ExportError> {
        self.export_within(request, limit.min(self.config.timeout)).await
    }
}

impl fmt::Debug for OtlpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporter")
            .field("config", &self.config)
            .field("connected_before", &self.channel.is_some())
            .finish_non_exhaustive()
    }
}

/// `None` when the deadline came first.
async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

fn transport(
    endpoint: &Endpoint,
    url: &str,
    connect_timeout: Duration,
    only_chosen: bool,
) -> Result<tonic::transport::Endpoint, tonic::transport::Error> {
    let transport = tonic::transport::Endpoint::from_shared(url.to_owned())?
        .user_agent(USER_AGENT)?
        // Without it an attempt to connect that nobody answers would outlive the export that began it.
        .connect_timeout(connect_timeout);
    if !endpoint.tls {
        return Ok(transport);
    }
    let tls = || ClientTlsConfig::new().domain_name(&endpoint.host);
    let system = transport.clone().tls_config(tls().with_native_roots());
    if only_chosen {
        return system;
    }
    // A machine without certificates of its own, such as a minimal container, has failed.
    system.or_else(|_| transport.tls_config(tls().with_webpki_roots()))
}
