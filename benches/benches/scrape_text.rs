//! What does a scrape in Prometheus text cost, with 10,000 counters and with 1,000 histograms?

use std::hint::black_box;
use std::sync::Mutex;

use fastmetrics::format::text::TextProfile;
use fastmetrics::metrics::{
    counter::Counter as FastCounter, family::Family as FastFamily, histogram::Histogram as FastHistogram,
};
use measured::metric::MetricFamilyEncoding;
use measured::metric::histogram::Thresholds;
use measured::metric::name::MetricName;
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, HistogramVec};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::{SdkMeterProvider, Stream};
use picometer::MetricSet;
use picometer::encode::Buffer;
use picometer::encode::text::TextEncoder;
use picometer_benches::Question;
use picometer_benches::peers::{FastOwned, Measured, MeasuredSet, Owned, attributes};
use picometer_benches::sets::{COUNTERS, HISTOGRAMS, OUR_COUNTERS, OUR_HISTOGRAMS};
use picometer_benches::workload::{BOUNDS, KEYS, labels, latencies, pairs};
use prometheus_client::metrics::{
    counter::Counter as ClientCounter, family::Family as ClientFamily, histogram::Histogram as ClientHistogram,
};

fn counters() {
    let keys = labels(COUNTERS / 20);
    let options = prometheus::Opts::new("requests", "Requests answered.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    let registry = prometheus::Registry::new();
    registry.register(Box::new(prometheus.clone())).expect("it is the only one");
    let client: ClientFamily<Owned, ClientCounter> = ClientFamily::default();
    let mut client_registry = prometheus_client::registry::Registry::default();
    client_registry.register("requests", "Requests answered", client.clone());
    let measured = CounterVec::with_label_set(MeasuredSet::default());
    let fast: FastFamily<FastOwned, FastCounter> = FastFamily::default();
    let mut fast_registry = fastmetrics::registry::Registry::default();
    fast_registry.register("requests", "Requests answered", fast.clone()).expect("a valid name");
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let (otel_registry, provider) = opentelemetry(COUNTERS);
    let sdk = provider.meter("bench").u64_counter("requests").build();
    for (n, key) in keys.iter().enumerate() {
        let n = n as u64 * 7 + 1;
        OUR_COUNTERS.requests.with(&pairs(key)).add(n);
        prometheus.with_label_values(&key.each_ref()).inc_by(n);
        client.get_or_create(&Owned::new(key)).inc_by(n);
        measured.inc_by(Measured::new(key), n);
        fast.with_or_new(&FastOwned::new(key), |counter| counter.inc_by(n));
        let labels = picometer_benches::peers::metrics_labels(key);
        metrics::with_local_recorder(&recorder, || metrics::counter!("requests", labels).increment(n));
        sdk.add(n, &attributes(key));
    }

    let bytes = Mutex::new(vec![0_u8; 4 << 20]);
    let text = Mutex::new(String::with_capacity(4 << 20));
    let encoder = Mutex::new(BufferedTextEncoder::new());
    Question::new("scrape 10,000 counters")
        .on_threads(&[1])
        .contender("picometer", |_| {
            let mut bytes = bytes.lock().expect("one thread");
            let mut out = Buffer::new(&mut bytes);
            OUR_COUNTERS.visit(&mut TextEncoder::new(&mut out)).expect("it fits");
            black_box(out.written());
        })
        .contender("prometheus", |_| encode_prometheus(&registry, &text))
        .contender("prometheus-client", |_| encode_client(&client_registry, &text))
        .contender("metrics", |_| {
            black_box(handle.render());
        })
        .contender("opentelemetry-prometheus", |_| encode_prometheus(&otel_registry, &text))
        .contender("measured", |_| {
            let mut encoder = encoder.lock().expect("one thread");
            measured.collect_family_into(MetricName::from_str("requests"), &mut *encoder).expect("it fits");
            black_box(encoder.finish());
        })
        .contender("fastmetrics", |_| encode_fast(&fast_registry, &text))
        .faster_than("measured", 1.0)
        .faster_than("prometheus-client", 2.0)
        .answer();
}

fn histograms() {
    let keys = labels(HISTOGRAMS / 20);
    let options = prometheus::HistogramOpts::new("duration", "How long requests took.").buckets(BOUNDS.to_vec());
    let prometheus = prometheus::HistogramVec::new(options, &KEYS).expect("valid options");
    let registry = prometheus::Registry::new();
    registry.register(Box::new(prometheus.clone())).expect("it is the only one");
    let client = ClientFamily::<Owned, ClientHistogram>::new_with_constructor(|| ClientHistogram::new(BOUNDS));
    let mut client_registry = prometheus_client::registry::Registry::default();
    client_registry.register("duration", "How long requests took", client.clone());
    let thresholds = Thresholds::with_buckets(BOUNDS);
    let measured = HistogramVec::with_label_set_and_metadata(MeasuredSet::default(), thresholds);
    let fast = FastFamily::<FastOwned, FastHistogram>::new(|| FastHistogram::new(BOUNDS));
    let mut fast_registry = fastmetrics::registry::Registry::default();
    fast_registry.register("duration", "How long requests took", fast.clone()).expect("a valid name");
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new();
    let recorder = recorder.set_buckets(&BOUNDS).expect("valid bounds").build_recorder();
    let handle = recorder.handle();
    let (otel_registry, provider) = opentelemetry(HISTOGRAMS);
    let sdk = provider.meter("bench").f64_histogram("duration").with_boundaries(BOUNDS.to_vec()).build();
    let values = latencies();
    for (n, key) in keys.iter().enumerate() {
        for step in n..n + 20 {
            let value = values.at(step);
            OUR_HISTOGRAMS.duration.with(&pairs(key)).record(value.nanoseconds);
            prometheus.with_label_values(&key.each_ref()).observe(value.seconds);
            client.get_or_create(&Owned::new(key)).observe(value.seconds);
            measured.observe(Measured::new(key), value.seconds);
            fast.with_or_new(&FastOwned::new(key), |histogram| histogram.observe(value.seconds));
            let labels = picometer_benches::peers::metrics_labels(key);
            metrics::with_local_recorder(&recorder, || metrics::histogram!("duration", labels).record(value.seconds));
            sdk.record(value.seconds, &attributes(key));
        }
    }

    let bytes = Mutex::new(vec![0_u8; 8 << 20]);
    let text = Mutex::new(String::with_capacity(8 << 20));
    let encoder = Mutex::new(BufferedTextEncoder::new());
    Question::new("scrape 1,000 histograms")
        .on_threads(&[1])
        .contender("picometer", |_| {
            let mut bytes = bytes.lock().expect("one thread");
            let mut out = Buffer::new(&mut bytes);
            OUR_HISTOGRAMS.visit(&mut TextEncoder::new(&mut out)).expect("it fits");
            black_box(out.written());
        })
        .contender("prometheus", |_| encode_prometheus(&registry, &text))
        .contender("prometheus-client", |_| encode_client(&client_registry, &text))
        .contender("metrics", |_| {
            black_box(handle.render());
        })
        .contender("opentelemetry-prometheus", |_| encode_prometheus(&otel_registry, &text))
        .contender("measured", |_| {
            let mut encoder = encoder.lock().expect("one thread");
            measured.collect_family_into(MetricName::from_str("duration"), &mut *encoder).expect("it fits");
            black_box(encoder.finish());
        })
        .contender("fastmetrics", |_| encode_fast(&fast_registry, &text))
        .faster_than("measured", 1.0)
        .faster_than("prometheus-client", 2.0)
        .answer();
}

fn opentelemetry(series: usize) -> (prometheus::Registry, SdkMeterProvider) {
    let registry = prometheus::Registry::new();
    let exporter =
        opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().expect("it is the only one");
    let provider = SdkMeterProvider::builder()
        .with_reader(exporter)
        .with_view(move |_: &_| Stream::builder().with_cardinality_limit(series + 1).build().ok())
        .build();
    (registry, provider)
}

fn encode_prometheus(registry: &prometheus::Registry, text: &Mutex<String>) {
    let mut text = text.lock().expect("one thread");
    text.clear();
    prometheus::TextEncoder::new().encode_utf8(&registry.gather(), &mut text).expect("it fits");
    black_box(&*text);
}

fn encode_client(registry: &prometheus_client::registry::Registry, text: &Mutex<String>) {
    let mut text = text.lock().expect("one thread");
    text.clear();
    prometheus_client::encoding::text::encode(&mut *text as &mut String, registry).expect("it fits");
    black_box(&*text);
}

fn encode_fast(registry: &fastmetrics::registry::Registry, text: &Mutex<String>) {
    let mut text = text.lock().expect("one thread");
    text.clear();
    fastmetrics::format::text::encode(&mut *text as &mut String, registry, TextProfile::default()).expect("it fits");
    black_box(&*text);
}

fn main() {
    counters();
    histograms();
}
