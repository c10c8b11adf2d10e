use std::{net::TcpListener, time::Duration};

use bytes::Bytes;
use picometer_std::export::{
    Exported,
    otlp::{Headers, OtlpConfig, OtlpExporter},
};
use prost::Message;
use tonic::{Code, Status};

use crate::{
    config,
    receiver::{Answer, Mute, Receiver, Reserved},
    request,
};

/// `google.rpc.Status` with a `google.rpc.RetryInfo`, written out by hand: the test must not share the code it tests.
fn retry_info(delay: Duration) -> Bytes {
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2];
        prost::encode_length_delimiter(content.len(), &mut field).unwrap();
        field.extend(content);
        field
    }
    let mut duration = Vec::new();
    duration.push(1 << 3);
    prost::encoding::encode_varint(delay.as_secs(), &mut duration);
    duration.push(2 << 3);
    prost::encoding::encode_varint(delay.subsec_nanos().into(), &mut duration);
    let info = field(1, &duration);
    let url = field(1, b"type.googleapis.com/google.rpc.RetryInfo");
    let any = [url, field(2, &info)].concat();
    field(3, &any).into()
}

fn throttle(code: Code, delay: Duration) -> Answer {
    Answer::Status(Status::with_details(code, "slow down", retry_info(delay)))
}

#[tokio::test]
async fn bytes_and_headers_arrive() {
    let receiver = Receiver::start([]);
    let mut headers = Headers::new();
    headers.insert("Authorization", "Basic dTpw==").unwrap();
    let config = OtlpConfig { headers, ..config(&receiver.url()) };
    let mut exporter = OtlpExporter::new(config).unwrap();
    // Larger than an HTTP/2 frame and tonic's buffers.
    let large = request(&"m".repeat(300_000));
    for bytes in [request("first"), large, Vec::new()] {
        assert_eq!(exporter.export(&bytes).await.unwrap(), Exported::complete());
        let received = receiver.received();
        assert_eq!(received.len(), 1);
        assert!(received[0].bytes == bytes);
        let metadata = &received[0].metadata;
        assert_eq!(metadata.get("authorization").unwrap(), "Basic dTpw==");
        let agent = metadata.get("user-agent").unwrap().to_str().unwrap();
        assert!(agent.starts_with("picometer-std/"), "{agent}");
        assert!(metadata.contains_key("grpc-timeout"));
    }
}

#[tokio::test]
async fn what_is_unavailable_is_tried_again() {
    let codes =
        [Code::Unavailable, Code::Aborted, Code::Cancelled, Code::DeadlineExceeded, Code::OutOfRange, Code::DataLoss];
    let receiver = Receiver::start(codes.map(|code| Answer::Status(Status::new(code, "not now"))));
    let mut headers = Headers::new();
    headers.insert("x-token", "secret").unwrap();
    let config = OtlpConfig { headers, ..config(&receiver.url()) };
    let bytes = request("m");
    let mut exporter = OtlpExporter::new(config).unwrap();
    exporter.export(&bytes).await.unwrap();
    let received = receiver.received();
    assert_eq!(received.len(), codes.len() + 1);
    for received in &received {
        assert!(received.bytes == bytes);
        assert_eq!(received.metadata.get("x-token").unwrap(), "secret");
    }
    assert_eq!(received.iter().filter(|r| r.accepted).count(), 1);
}

#[tokio::test]
async fn a_final_no_is_not_tried_again() {
    for code in [
        Code::InvalidArgument,
        Code::Unauthenticated,
        Code::Unimplemented,
        Code::Internal,
        Code::Unknown,
        // Without RetryInfo, more is not wanted.
        Code::ResourceExhausted,
    ] {
        let receiver = Receiver::start([Answer::Status(Status::new(code, "no\nway"))]);
        let mut exporter = OtlpExporter::new(config(&receiver.url())).unwrap();
        let error = exporter.export(&request("m")).await.unwrap_err();
        assert!(error.is_refused() && !error.is_retryable() && !error.is_timeout());
        assert!(error.to_string().contains("no way"), "{error}");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(receiver.count(), 1, "{code:?}");
    }
}

#[tokio::test]
async fn a_throttle_is_honoured() {
    const DELAY: Duration = Duration::from_millis(60);
    for code in [Code::ResourceExhausted, Code::Unavailable] {
        let receiver = Receiver::start([throttle(code, DELAY)]);
        let mut exporter = OtlpExporter::new(config(&receiver.url())).unwrap();
        exporter.export(&request("m")).await.unwrap();
        let received = receiver.received();
        assert_eq!(received.len(), 2);
        assert!(received[1].at - received[0].at >= DELAY);
    }
}

#[tokio::test]
async fn a_throttle_beyond_the_deadline_ends_the_export_and_holds_the_next() {
    let hour = Duration::from_secs(3600);
    let receiver = Receiver::start([throttle(Code::ResourceExhausted, hour)]);
    let mut exporter = OtlpExporter::new(config(&receiver.url())).unwrap();
    for _ in 0..2 {
        let error = exporter.export(&request("m")).await.unwrap_err();
        assert!(error.is_throttled() && error.is_retryable() && !error.is_refused());
    }
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_partial_success_is_final_and_reported() {
    let receiver = Receiver::start([Answer::Partial(3, "too old"), Answer::Partial(0, "hm")]);
    let mut exporter = OtlpExporter::new(config(&receiver.url())).unwrap();
    let exported = exporter.export(&request("m")).await.unwrap();
    assert_eq!(exported, Exported::partial(3, "too old"));
    assert_eq!(receiver.count(), 1);
    let exported = exporter.export(&request("m")).await.unwrap();
    assert_eq!(exported, Exported::partial(0, "hm"));
}

#[tokio::test]
async fn an_export_ends_when_its_time_is_over() {
    let receiver = Receiver::start([Answer::Silence]);
    let config = OtlpConfig { timeout: Duration::from_millis(150), ..config(&receiver.url()) };
    let mut exporter = OtlpExporter::new(config).unwrap();
    let error = exporter.export(&request("m")).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_mute_peer_is_a_timeout() {
    let mute = Mute::start();
    let config = OtlpConfig { timeout: Duration::from_millis(100), ..config(&mute.url()) };
    let mut exporter = OtlpExporter::new(config).unwrap();
    for _ in 0..2 {
        let error = exporter.export(&request("m")).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
}

#[tokio::test]
async fn a_receiver_may_be_down_come_up_and_restart() {
    let reserved = Reserved::new();
    let config = |url: &str, millis| OtlpConfig { timeout: Duration::from_millis(millis), ..config(url) };
    let mut exporter = OtlpExporter::new(config(&reserved.url(), 60)).unwrap();
    for _ in 0..3 {
        let error = exporter.export(&request("m")).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        // Also when the time is over in the middle of an attempt.
        assert!(error.to_string().contains("refused"), "{error}");
    }
    let mut exporter = OtlpExporter::new(config(&reserved.url(), 30_000)).unwrap();
    let waiting = tokio::spawn(async move {
        exporter.export(&request("m")).await.unwrap();
        exporter
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    let receiver = Receiver::start_at(reserved, []);
    let mut exporter = waiting.await.unwrap();
    assert_eq!(receiver.count(), 1);

    let address = receiver.address;
    drop(receiver);
    let receiver = Receiver::start_at(Reserved::at(address), []);
    exporter.export(&request("m")).await.unwrap();
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn an_export_dropped_halfway_does_not_harm_the_next() {
    let receiver = Receiver::start([Answer::Silence]);
    let mut exporter = OtlpExporter::new(config(&receiver.url())).unwrap();
    let bytes = request("m");
    let short = Duration::from_millis(100);
    assert!(tokio::time::timeout(short, exporter.export(&bytes)).await.is_err());
    exporter.export(&bytes).await.unwrap();
    assert_eq!(receiver.count(), 2);
}

/// A receiver that vanished without closing its connections, as after a power cut.
#[tokio::test]
async fn a_dead_connection_is_left() {
    let bytes = request("m");
    for dropped in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let timeout = Duration::from_millis(if dropped { 30_000 } else { 200 });
        let mut exporter = OtlpExporter::new(OtlpConfig { timeout, ..config(&url) }).unwrap();
        if dropped {
            let export = exporter.export(&bytes);
            assert!(tokio::time::timeout(Duration::from_millis(100), export).await.is_err());
        } else {
            assert!(exporter.export(&bytes).await.unwrap_err().is_timeout());
        }
        let (_dead, _) = listener.accept().unwrap();
        let receiver = Receiver::start_on(listener);
        // More than once only because a busy machine may need longer than a short `timeout`.
        let mut tries = if dropped { 1 } else { 10 };
        while exporter.export(&bytes).await.is_err() {
            tries -= 1;
            assert!(tries > 0);
        }
        assert!(receiver.count() >= 1);
    }
}

#[tokio::test]
async fn tls_to_a_plain_receiver_is_an_error_with_a_cause() {
    let receiver = Receiver::start([]);
    let config =
        OtlpConfig { timeout: Duration::from_millis(200), ..config(&receiver.url().replace("http:", "https:")) };
    let mut exporter = OtlpExporter::new(config).unwrap();
    let error = exporter.export(&request("m")).await.unwrap_err();
    assert!(error.is_retryable() && !error.is_refused(), "{error}");
    assert_eq!(receiver.count(), 0);
}

#[test]
fn a_bad_endpoint_names_the_variable_and_hides_credentials() {
    for endpoint in ["", "localhost:4317", "http://localhost:", "http://me:hunter2@h:1"] {
        let error = OtlpExporter::new(config(endpoint)).unwrap_err();
        assert!(error.is_config() && !error.is_retryable());
        let text = error.to_string();
        assert!(text.contains("OTEL_OTLP_ENDPOINT"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn the_test_request_is_canonical() {
    type Request = opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    let bytes = request("m");
    assert_eq!(Request::decode(&*bytes).unwrap().encode_to_vec(), bytes);
}
