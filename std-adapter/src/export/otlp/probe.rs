//! Does the receiver take metrics? For a `check` command, before a service goes live.

use std::{sync::mpsc, thread};

use tokio::{net::TcpStream, time::timeout};
use tonic::{Code, Status};

use super::{Endpoint, OtlpConfig, OtlpExporter};
use crate::export::{ExportError, error::Kind};

/// Connects to the endpoint and exports an empty request, without retries.
///
/// It may be called from any thread, inside or outside a runtime, and blocks it for at most the configured timeout.
///
/// # Errors
///
/// The text says what is wrong and which setting to look at: the name does not resolve, nothing listens, what listens
/// speaks no OTLP over gRPC, the credentials are wrong, the time was over.
pub fn probe(config: &OtlpConfig) -> Result<(), ExportError> {
    let mut exporter = OtlpExporter::new(config.clone())?;
    let limit = config.timeout;
    let (answer, answered) = mpsc::channel();
    let task = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let result = match runtime {
            Ok(runtime) => {
                let result = runtime.block_on(exporter.probe());
                // A name server that does not answer would otherwise hold us here.
                runtime.shutdown_background();
                result
            }
            Err(error) => Err(ExportError::new("no runtime", error)),
        };
        // The caller may have gone.
        let _ = answer.send(result);
    };
    thread::Builder::new()
        .name("otlp-probe".into())
        .spawn(task)
        .map_err(|error| ExportError::new("no thread", error))?;
    answered.recv_timeout(limit).unwrap_or_else(|_| {
        let message = format!("{} did not answer within {limit:.0?}", config.endpoint);
        Err(ExportError::of(Kind::Timeout, message))
    })
}

impl OtlpExporter {
    async fn probe(&mut self) -> Result<(), ExportError> {
        let url = self.url.clone();
        self.reach(&url).await?;
        // With the half that connecting gets, this ends before the caller stops waiting for the better explanation.
        let limit = self.config.timeout / 5 * 2;
        let exported = timeout(limit, self.attempt(Default::default(), None)).await;
        match exported {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(status)) => {
                let text = super::describe(&status);
                let hint = hint(&status);
                let message = format!("{url} is reachable but does not take metrics: {text}{hint}");
                let kind = match super::verdict(&status) {
                    super::Verdict::Final => Kind::Refused,
                    _ => Kind::Unavailable,
                };
                Err(ExportError::of(kind, message).caused_by(status))
            }
            Err(_) => {
                let message = format!("{url} accepts connections but does not answer: is it an OTLP/gRPC receiver?");
                Err(ExportError::of(Kind::Timeout, message))
            }
        }
    }

    /// Name resolution and TCP alone, to tell a dead address from a wrong service.
    async fn reach(&self, url: &str) -> Result<(), ExportError> {
        let limit = self.config.timeout / 2;
        let authority = Endpoint::parse(url).map_err(|problem| ExportError::of(Kind::Config, problem))?.authority();
        match timeout(limit, TcpStream::connect(&authority)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let message = format!(
                    "cannot connect to {authority}: {error}: is the receiver running, and is OTEL_OTLP_ENDPOINT right?"
                );
                Err(ExportError::of(Kind::Unavailable, message).caused_by(error))
            }
            Err(_) => {
                let message = format!(
                    "no connection to {authority} within {limit:.0?}: does a firewall stand between, and is OTEL_OTLP_ENDPOINT right?"
                );
                Err(ExportError::of(Kind::Timeout, message))
            }
        }
    }
}

fn hint(status: &Status) -> &'static str {
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => " (are the credentials in OTEL_EXPORTER_OTLP_HEADERS right?)",
        Code::Unimplemented => " (is it an OTLP/gRPC receiver? OTLP over HTTP is not supported)",
        _ if std::error::Error::source(status).is_some() => {
            " (is it an OTLP/gRPC receiver, and is http or https right in OTEL_OTLP_ENDPOINT?)"
        }
        _ => "",
    }
}
