//! What does a collection as OTLP protobuf cost, with 10,000 counters and with 1,000 histograms?

use std::hint::black_box;
use std::sync::Mutex;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use picometer::MetricSet;
use picometer::encode::{Buffer, otlp};
use picometer_benches::Question;
use picometer_benches::peers::{Sdk, attributes};
use picometer_benches::sets::{COUNTERS, Counters, HISTOGRAMS, Histograms, OUR_COUNTERS, OUR_HISTOGRAMS};
use picometer_benches::workload::{BOUNDS, labels, latencies, pairs};
use prost::Message;

fn main() {
    let sdk_counters = Sdk::with_series(COUNTERS + 1);
    let counter = sdk_counters.meter().u64_counter("requests").with_unit("{request}").build();
    for key in &labels(COUNTERS / 20) {
        OUR_COUNTERS.requests.with(&pairs(key)).add(7);
        counter.add(7, &attributes(key));
    }
    compare("otlp 10,000 counters", &OUR_COUNTERS, Counters::SCRATCH, &sdk_counters);

    let sdk_histograms = Sdk::with_series(HISTOGRAMS + 1);
    let histogram =
        sdk_histograms.meter().f64_histogram("duration").with_unit("s").with_boundaries(BOUNDS.to_vec()).build();
    let values = latencies();
    for (n, key) in labels(HISTOGRAMS / 20).iter().enumerate() {
        for step in n..n + 20 {
            OUR_HISTOGRAMS.duration.with(&pairs(key)).record(values.at(step).nanoseconds);
            histogram.record(values.at(step).seconds, &attributes(key));
        }
    }
    compare("otlp 1,000 histograms", &OUR_HISTOGRAMS, Histograms::SCRATCH, &sdk_histograms);
}

fn compare(path: &'static str, ours: &impl MetricSet, scratch: usize, sdk: &Sdk) {
    let buffers = Mutex::new((vec![0_u32; scratch], vec![0_u8; 8 << 20]));
    let collected = Mutex::new((ResourceMetrics::default(), Vec::with_capacity(8 << 20)));
    Question::new(path)
        .on_threads(&[1])
        .contender("picometer", |_| {
            let mut buffers = buffers.lock().expect("one thread");
            let (scratch, bytes) = &mut *buffers;
            let mut measure = otlp::Measure::new(scratch);
            ours.visit(&mut measure).expect("it fits");
            let mut out = Buffer::new(bytes);
            let head = otlp::Head { resource: &[("service.name", "bench")], start: 1, time: 2 };
            let mut writer = measure.writer(&head, &mut out).expect("it fits");
            ours.visit(&mut writer).expect("it fits");
            black_box(out.written());
        })
        .contender("opentelemetry sdk and proto", |_| {
            let mut collected = collected.lock().expect("one thread");
            let (metrics, bytes) = &mut *collected;
            sdk.collect(metrics);
            bytes.clear();
            ExportMetricsServiceRequest::from(&*metrics).encode(bytes).expect("it fits");
            black_box(bytes);
        })
        .faster_than("opentelemetry sdk and proto", 2.5)
        .answer();
}
