//! What is larger than receivers take arrives as several requests.

use std::{collections::HashMap, time::Duration};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::any_value::Value,
    metrics::v1::{metric::Data, number_data_point},
};
use picometer::{Counter, Family, Histogram, LabelSet, MetricSet, instrument::HttpSeconds, label::NumberLabel};
use picometer_std::{
    Registry, Telemetry,
    config::{Exporter, TelemetryConfig},
    export::{
        Batch,
        otlp::{LIMITS, Limits, OtlpExporter},
        periodic::{PeriodicReader, Schedule},
    },
};
use prost::Message;
use tonic::Status;

use crate::{
    HANG, config, log,
    receiver::{Answer, Received, Receiver},
    request,
};

const SERIES: u32 = 20_000;

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 20_000)]
struct Numbered {
    number: NumberLabel<0, 19_999>,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.large")]
struct Large {
    /// Before the large metric.
    #[metric(name = "first")]
    first: Counter,
    /// 14 bounds, as many series as a large service has.
    #[metric(name = "durations", unit = "s")]
    durations: Family<Numbered, Histogram<HttpSeconds>>,
    /// Behind the large metric.
    #[metric(name = "last")]
    last: Counter,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.small")]
struct Small {
    /// In another set.
    #[metric(name = "elsewhere")]
    elsewhere: Counter,
}

/// Pushes to this receiver, at the end alone.
pub(crate) fn pushing(url: &str) -> TelemetryConfig {
    let mut telemetry = TelemetryConfig::new("large");
    telemetry.enabled = true;
    telemetry.metrics_enabled = true;
    telemetry.exporter = Exporter::Otlp;
    telemetry.otlp = config(url);
    telemetry
}

#[test]
fn twenty_thousand_histograms_arrive_where_the_limit_is_four_mebibytes() {
    static LARGE: Large = Large::new();
    static SMALL: Small = Small::new();
    log::keep();
    LARGE.first.add(1);
    LARGE.last.add(2);
    SMALL.elsewhere.add(3);
    for number in 0..SERIES {
        LARGE.durations.with(Numbered { number: NumberLabel::new(number) }).record(number.into());
    }
    // 8,192 data points and 8,192 and the rest; as many as 4 MiB hold and the rest.
    for (limits, requests) in [(LIMITS, 3), (Limits { points: usize::MAX, ..LIMITS }, 2)] {
        let receiver = Receiver::start([]);
        let registry = Registry::new().with(&LARGE).unwrap().with(&SMALL).unwrap();
        let mut settings = pushing(&receiver.url());
        settings.otlp.limits = limits;
        let telemetry = Telemetry::start(&settings, "1", registry);
        telemetry.shutdown(HANG).unwrap();
        let received = receiver.received();
        assert_eq!(received.len(), requests);
        assert!(received.iter().all(|request| request.bytes.len() <= LIMITS.bytes));
        let data_points = all_are_there_once(&received);
        let pushed = telemetry.pushed().unwrap();
        assert_eq!((pushed.exported, pushed.failed, pushed.data_points), (1, 0, data_points));
    }
}

/// Returns how many data points there are.
fn all_are_there_once(received: &[Received]) -> u64 {
    let mut histograms = HashMap::new();
    let mut numbers = HashMap::new();
    for request in received {
        let request = ExportMetricsServiceRequest::decode(&*request.bytes).unwrap();
        let [resource] = request.resource_metrics.as_slice() else { panic!("{:?}", request.resource_metrics.len()) };
        assert!(resource.resource.as_ref().unwrap().attributes.iter().any(|attribute| attribute.key == "service.name"));
        for scope in &resource.scope_metrics {
            let scope_name = &scope.scope.as_ref().unwrap().name;
            for metric in &scope.metrics {
                match metric.data.as_ref().unwrap() {
                    Data::Histogram(histogram) => {
                        assert_eq!((scope_name.as_str(), metric.name.as_str()), ("test.large", "durations"));
                        for point in &histogram.data_points {
                            let number = point.attributes[0].value.as_ref().unwrap().value.clone();
                            let Some(Value::IntValue(number)) = number else { panic!("{number:?}") };
                            assert_eq!((point.count, point.sum), (1, Some(number as f64 / 1e9)));
                            assert_eq!(histograms.insert(number, ()), None, "{number} twice");
                        }
                    }
                    Data::Sum(sum) => {
                        for point in &sum.data_points {
                            let key = format!("{} {:?}", metric.name, point.attributes);
                            assert_eq!(numbers.insert(key, point.value), None, "{} twice", metric.name);
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    assert_eq!(histograms.len(), SERIES as usize);
    for (name, value) in [("first []", 1), ("last []", 2), ("elsewhere []", 3)] {
        assert_eq!(numbers[name], Some(number_data_point::Value::AsInt(value)), "{name}");
    }
    (histograms.len() + numbers.len()) as u64
}

/// Exports the requests `m0`, `m1` and `m2`, of ten data points each; what the receiver does is scripted.
fn of_three(receiver: &Receiver, export_timeout: Duration) -> PeriodicReader {
    let schedule = Schedule { export_timeout, ..Schedule::default() };
    let collect = |batch: &mut Batch| {
        for number in 0..3 {
            batch.push(|bytes| {
                bytes.extend(request(&format!("m{number}")));
                10
            });
        }
    };
    PeriodicReader::start(schedule, OtlpExporter::new(config(&receiver.url())).unwrap(), collect).unwrap()
}

/// Which of the requests came, in this order.
fn came(receiver: &Receiver) -> Vec<(usize, bool)> {
    let number = |bytes: &[u8]| (0..3).find(|number| bytes == request(&format!("m{number}"))).unwrap();
    receiver.received().iter().map(|received| (number(&received.bytes), received.accepted)).collect()
}

#[test]
fn a_request_that_is_refused_keeps_no_other_from_arriving() {
    log::keep();
    let receiver = Receiver::start([Answer::Status(Status::invalid_argument("not this one"))]);
    let reader = of_three(&receiver, HANG);
    assert!(reader.force_flush(HANG).unwrap_err().is_refused());
    assert_eq!(came(&receiver), [(0, false), (1, true), (2, true)]);
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.failed, stats.data_points), (0, 1, 20));
    let warnings = log::lines("WARN", "not this one");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("1 of 3 requests"), "{warnings:?}");

    reader.force_flush(HANG).unwrap();
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.failed, stats.data_points), (1, 1, 50));
}

#[test]
fn a_request_is_tried_again_without_the_others() {
    let receiver = Receiver::start([Answer::Partial(0, ""), Answer::Status(Status::unavailable("busy"))]);
    of_three(&receiver, HANG).force_flush(HANG).unwrap();
    assert_eq!(came(&receiver)[..4], [(0, true), (1, false), (1, true), (2, true)]);
}

#[test]
fn a_request_that_hangs_leaves_time_for_the_others() {
    let receiver = Receiver::start([Answer::Silence]);
    let reader = of_three(&receiver, Duration::from_secs(2));
    assert!(reader.force_flush(HANG).unwrap_err().is_timeout());
    assert_eq!(came(&receiver)[1..], [(1, true), (2, true)]);
}

#[test]
fn what_is_rejected_is_added_up() {
    log::keep();
    let receiver =
        Receiver::start([Answer::Partial(2, "two are odd"), Answer::Partial(0, ""), Answer::Partial(3, "so")]);
    let reader = of_three(&receiver, HANG);
    reader.force_flush(HANG).unwrap();
    let stats = reader.stats();
    assert_eq!((stats.exported, stats.data_points, stats.rejected_data_points), (1, 25, 5));
    let warnings = log::lines("WARN", "two are odd");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("rejected 5 data points"), "{warnings:?}");
}
