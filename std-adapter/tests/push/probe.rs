use std::time::Duration;

use picometer_std::export::otlp::{OtlpConfig, probe};
use tonic::Status;

use crate::{
    config,
    receiver::{Answer, Mute, Receiver, Reserved},
};

fn short(url: &str) -> OtlpConfig {
    OtlpConfig { timeout: Duration::from_millis(300), ..config(url) }
}

#[test]
fn a_receiver_that_takes_metrics() {
    let receiver = Receiver::start([]);
    probe(&config(&receiver.url())).unwrap();
    assert!(receiver.received()[0].bytes.is_empty());
}

#[tokio::test]
async fn probing_works_inside_a_runtime() {
    let receiver = Receiver::start([]);
    probe(&config(&receiver.url())).unwrap();
}

#[test]
fn nothing_listens() {
    let error = probe(&short(&Reserved::new().url())).unwrap_err();
    let text = error.to_string();
    assert!(error.is_retryable(), "{text}");
    assert!(text.starts_with("cannot connect"), "{text}");
    assert!(text.contains("OTEL_OTLP_ENDPOINT"), "{text}");
}

#[test]
fn something_listens_and_does_not_answer() {
    let error = probe(&short(&Mute::start().url())).unwrap_err();
    assert!(error.is_timeout());
    assert!(error.to_string().contains("does not answer"), "{error}");
}

#[test]
fn credentials_are_wrong() {
    let receiver = Receiver::start([Answer::Status(Status::unauthenticated("who?"))]);
    let error = probe(&config(&receiver.url())).unwrap_err();
    let text = error.to_string();
    assert!(error.is_refused(), "{text}");
    assert!(text.contains("UNAUTHENTICATED: who?"), "{text}");
    assert!(text.contains("OTEL_EXPORTER_OTLP_HEADERS"), "{text}");
    assert_eq!(receiver.count(), 1, "no retries");
}

#[test]
fn the_endpoint_is_no_url() {
    assert!(probe(&config("localhost")).unwrap_err().is_config());
}
