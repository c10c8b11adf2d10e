//! The few protobuf messages of the answer. Requests are bytes from the core's encoder and never parsed.

use std::time::Duration;

use prost::Message;

use crate::export::Exported;

/// `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse`
#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportMetricsServiceResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<ExportMetricsPartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct ExportMetricsPartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_data_points: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

impl From<ExportMetricsServiceResponse> for Exported {
    fn from(response: ExportMetricsServiceResponse) -> Self {
        let partial = response.partial_success.unwrap_or_default();
        Exported::partial(u64::try_from(partial.rejected_data_points).unwrap_or(0), partial.error_message)
    }
}

/// `google.rpc.Status`, which gRPC carries in the trailer `grpc-status-details-bin`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<ProtoDuration>,
}

/// `google.protobuf.Duration`
#[derive(Clone, PartialEq, Message)]
struct ProtoDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The pause that the receiver asks for, if `details` hold a `RetryInfo`. A negative or missing delay is zero.
pub(super) fn retry_delay(details: &[u8]) -> Option<Duration> {
    let status = Status::decode(details).ok()?;
    let info = status.details.iter().find(|any| any.type_url.rsplit('/').next() == Some("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(&*info.value).ok()?.retry_delay.unwrap_or_default();
    let seconds = u64::try_from(delay.seconds).unwrap_or(0);
    let nanos = u32::try_from(delay.nanos).unwrap_or(0);
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(type_url: &str, delay: Option<(i64, i32)>) -> Vec<u8> {
        let info = RetryInfo { retry_delay: delay.map(|(seconds, nanos)| ProtoDuration { seconds, nanos }) };
        let any = Any { type_url: type_url.into(), value: info.encode_to_vec() };
        let other = Any { type_url: "type.googleapis.com/google.rpc.DebugInfo".into(), value: vec![1, 2, 3] };
        let status = Status { details: vec![other, any] };
        status.encode_to_vec()
    }

    #[test]
    fn retry_info_is_found_among_other_details() {
        const URL: &str = "type.googleapis.com/google.rpc.RetryInfo";
        let cases = [
            (Some((2, 500_000_000)), Duration::from_millis(2500)),
            (Some((-1, -1)), Duration::ZERO),
            (None, Duration::ZERO),
            (Some((i64::MAX, i32::MAX)), Duration::new(i64::MAX as u64, 0) + Duration::from_nanos(i32::MAX as u64)),
        ];
        for (delay, expected) in cases {
            assert_eq!(retry_delay(&details(URL, delay)), Some(expected));
        }
    }

    #[test]
    fn anything_else_is_no_retry_info() {
        assert_eq!(retry_delay(&[]), None);
        assert_eq!(retry_delay(&[0xff; 7]), None);
        assert_eq!(retry_delay(&details("google.rpc.QuotaFailure", Some((1, 0)))), None);
    }

    #[test]
    fn a_negative_rejection_count_is_none() {
        let response = ExportMetricsServiceResponse {
            partial_success: Some(ExportMetricsPartialSuccess {
                rejected_data_points: -3,
                error_message: "odd".into(),
            }),
        };
        assert_eq!(Exported::from(response), Exported::partial(0, "odd"));
    }
}
