//! Exponential histograms hold what the OpenTelemetry SDK's hold, and their bytes say so.
//!
//! Debug builds take fewer values: `cargo test --release -p picometer --test exponential` takes ten million.
#![cfg(not(loom))]

use std::alloc::System;
use std::collections::BTreeMap;
use std::thread;

use opentelemetry::metrics::MeterProvider;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, metric::Data};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, ManualReader, SdkMeterProvider, Stream};
use picometer::encode::otlp::{Head, Measure};
use picometer::encode::text::TextEncoder;
use picometer::instrument::{Instrument, Nanoseconds, Whole};
use picometer::visit::{ExponentialPoint, Layers, Point};
use picometer::{
    ExponentialHistogram, Family, FloatExponentialHistogram, LabelSet, MetricSet, SignedExponentialHistogram,
};
use prost::Message;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const VALUES: usize = if cfg!(debug_assertions) { 200_000 } else { 10_000_000 };

/// xorshift64*: the same values at every run.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Above zero, at most one.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// One scale, and for each bucket its count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Buckets {
    scale: i8,
    counts: BTreeMap<i32, u64>,
}

impl Buckets {
    fn new(scale: i8, offset: i32, counts: impl IntoIterator<Item = u64>) -> Self {
        Self { scale, counts: (offset..).zip(counts).filter(|(_, count)| *count != 0).collect() }
    }

    fn at_scale(&self, scale: i8) -> Self {
        let mut counts = BTreeMap::new();
        for (index, count) in &self.counts {
            *counts.entry(index >> (self.scale - scale)).or_insert(0) += count;
        }
        Self { scale, counts }
    }

    /// How many values lie in other buckets than in `other`, at the lower of the two scales.
    fn misplaced(&self, other: &Self) -> u64 {
        let scale = self.scale.min(other.scale);
        let (ours, theirs) = (self.at_scale(scale).counts, other.at_scale(scale).counts);
        assert_eq!(ours.values().sum::<u64>(), theirs.values().sum::<u64>(), "as many values");
        ours.iter().map(|(index, count)| count.saturating_sub(*theirs.get(index).unwrap_or(&0))).sum()
    }
}

/// What a visitor gets: positive and negative buckets, and the zeros.
fn read(instrument: &impl Instrument) -> (Buckets, Buckets, u64) {
    let side = |layers: &Layers<'_>, scale: i8| {
        let Some(span) = layers.span() else { return Buckets::new(scale, 0, []) };
        let span = span.at_scale(scale);
        let mut counts = vec![0; span.buckets()];
        assert_eq!(layers.merge(scale, span.first, &mut counts), span.count);
        assert!(counts.len() <= 160);
        Buckets::new(scale, span.first, counts)
    };
    instrument.point(|point| {
        let Point::Exponential(ExponentialPoint { positive, negative, zero_count, .. }) = point else {
            panic!("{point:?}")
        };
        let spans = [positive.span(), negative.span()].into_iter().flatten();
        let scale = spans.map(|span| span.fitted().scale).min().unwrap_or(20);
        (side(&positive, scale), side(&negative, scale), zero_count)
    })
}

/// What the SDK makes of the same values.
fn sdk(values: impl Iterator<Item = f64>) -> (Buckets, Buckets, u64) {
    #[derive(Debug, Clone)]
    struct Reader(std::sync::Arc<ManualReader>);
    impl MetricReader for Reader {
        fn register_pipeline(&self, pipeline: std::sync::Weak<opentelemetry_sdk::metrics::Pipeline>) {
            self.0.register_pipeline(pipeline);
        }
        fn collect(&self, metrics: &mut ResourceMetrics) -> opentelemetry_sdk::error::OTelSdkResult {
            self.0.collect(metrics)
        }
        fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
            self.0.force_flush()
        }
        fn shutdown_with_timeout(&self, timeout: std::time::Duration) -> opentelemetry_sdk::error::OTelSdkResult {
            self.0.shutdown_with_timeout(timeout)
        }
        fn temporality(&self, kind: InstrumentKind) -> opentelemetry_sdk::metrics::Temporality {
            self.0.temporality(kind)
        }
    }
    let reader = Reader(std::sync::Arc::new(ManualReader::builder().build()));
    let view = |_: &opentelemetry_sdk::metrics::Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        Some(Stream::builder().with_aggregation(aggregation).build().unwrap())
    };
    let provider = SdkMeterProvider::builder().with_reader(reader.clone()).with_view(view).build();
    let histogram = provider.meter("test").f64_histogram("values").build();
    values.for_each(|value| histogram.record(value, &[]));
    let mut metrics = ResourceMetrics::default();
    reader.collect(&mut metrics).unwrap();
    let metric = metrics.scope_metrics().next().unwrap().metrics().next().unwrap();
    let AggregatedMetrics::F64(MetricData::ExponentialHistogram(histogram)) = metric.data() else {
        panic!("{metric:?}")
    };
    let point = histogram.data_points().next().unwrap();
    let (positive, negative) = (point.positive_bucket(), point.negative_bucket());
    let side = |offset, counts: Vec<u64>| Buckets::new(point.scale(), offset, counts);
    (
        side(positive.offset(), positive.counts().collect()),
        side(negative.offset(), negative.counts().collect()),
        point.zero_count(),
    )
}

/// Whether a bound lies within one rounding step: both of its sides are right.
fn is_at_a_bound(value: f64) -> bool {
    let bound = ((value.log2() * 32.0).round() / 32.0).exp2();
    // An exact power of two is no matter of rounding.
    value.to_bits() << 12 != 0 && bound >= value.next_down() && bound <= value.next_up()
}

/// Whether the seconds lie at a bound, or were rounded to one.
fn is_duration_at_a_bound(value: u64) -> bool {
    let seconds = value as f64 / 1e9;
    let is_rounded = seconds >= 1.0 && seconds as u128 * 1_000_000_000 != u128::from(value);
    is_at_a_bound(seconds) || (seconds.to_bits() << 12 == 0 && is_rounded)
}

/// Floats, in both types.
fn compare_floats(what: &str, values: impl Fn() -> Box<dyn Iterator<Item = f64>>) {
    let signed = SignedExponentialHistogram::new();
    values().for_each(|value| signed.record(value));
    let (positive, negative, zeros) = read(&signed);
    let (their_positive, their_negative, their_zeros) = sdk(values());
    assert_eq!(zeros, their_zeros, "{what}");
    let near = values().filter(|value| is_at_a_bound(value.abs())).count() as u64;
    let misplaced = positive.misplaced(&their_positive) + negative.misplaced(&their_negative);
    println!(
        "{what}: scale {} (SDK {}), {near} values at a bound, {misplaced} of them elsewhere",
        positive.scale, their_positive.scale
    );
    assert!(misplaced <= near, "{what}: {misplaced} values misplaced, and only {near} are at a bound");

    if negative.counts.is_empty() {
        let unsigned = FloatExponentialHistogram::new();
        values().for_each(|value| unsigned.record(value));
        assert_eq!(read(&unsigned), (positive, negative, zeros), "{what}");
    }
}

fn compare_durations(what: &str, values: impl Fn() -> Box<dyn Iterator<Item = u64>>) {
    let ours = ExponentialHistogram::<Nanoseconds>::new();
    values().for_each(|value| ours.record(value));
    let (positive, _, zeros) = read(&ours);
    let seconds = || values().map(|value| value as f64 / 1e9);
    let (their_positive, _, their_zeros) = sdk(seconds());
    assert_eq!(zeros, their_zeros, "{what}");
    let near = values().filter(|value| is_duration_at_a_bound(*value)).count() as u64;
    let misplaced = positive.misplaced(&their_positive);
    println!(
        "{what} in nanoseconds: scale {} (SDK {}), {near} values at a bound, {misplaced} of them elsewhere",
        positive.scale, their_positive.scale
    );
    assert!(misplaced <= near, "{what}: {misplaced} values misplaced, and only {near} are at a bound");
}

fn some<T: 'static>(mut next: impl FnMut(&mut Random, usize) -> T + 'static) -> Box<dyn Iterator<Item = T>> {
    let mut random = Random(42);
    Box::new((0..VALUES).map(move |n| next(&mut random, n)))
}

#[test]
fn log_normal_values_are_where_the_sdk_has_them() {
    compare_floats("log-normal", || some(|random, _| (random.normal() * 1.5 - 5.0).exp()));
    compare_durations("log-normal", || some(|random, _| ((random.normal() * 1.5 + 16.0).exp()) as u64));
}

#[test]
fn uniform_values_are_where_the_sdk_has_them() {
    compare_floats("uniform", || some(|random, _| random.uniform() * 100.0 - 20.0));
    compare_durations("uniform", || some(|random, _| random.bits() % 1_000_000_000));
    compare_durations("uniform over all", || some(|random, _| random.bits()));
}

#[test]
fn constant_values_are_where_the_sdk_has_them() {
    compare_floats("constant", || some(|_, _| 0.1));
    compare_durations("constant", || some(|_, _| 830_000));
    compare_durations("zero and one", || some(|_, n| n as u64 % 2));
}

#[test]
fn adversarial_values_are_where_the_sdk_has_them() {
    compare_floats("powers of two and their neighbours", || {
        some(|random, n| {
            let power = 2_f64.powi((random.bits() % 2046) as i32 - 1022);
            [power, power.next_up(), power.next_down()][n % 3]
        })
    });
    compare_floats("near one", || {
        some(|random, n| [1.0, 1.0_f64.next_up(), 1.0_f64.next_down(), random.uniform()][n % 4])
    });
    compare_floats("the ends", || {
        some(|_, n| [f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), f64::MIN, 0.0, -0.0, -f64::from_bits(1)][n % 7])
    });
    compare_floats("subnormal", || some(|random, _| f64::from_bits(random.bits() >> 12)));
    compare_floats("1e-300 and 1e300", || some(|_, n| if n % 2 == 0 { 1e-300 } else { 1e300 }));
    compare_floats("rising", || some(|_, n| 1e-9 * 1.000_02_f64.powi((n % 2_000_000) as i32)));
    compare_floats("falling", || some(|_, n| 1e9 * 0.999_98_f64.powi((n % 2_000_000) as i32)));
    compare_durations("powers of two and their neighbours", || {
        some(|random, n| (1_u64 << (random.bits() % 64)).wrapping_add([0, 1, u64::MAX][n % 3]))
    });
    compare_durations("whole seconds and their neighbours", || {
        some(|random, n| ((1_u64 << (random.bits() % 34)) * 1_000_000_000).wrapping_add([0, 1, u64::MAX][n % 3]))
    });
    compare_durations("rising", || some(|_, n| 1 + n as u64 * n as u64));
    compare_durations("falling", || some(|_, n| u64::MAX - n as u64 * n as u64 * 100_000));
}

/// The bound on the error that the documentation gives, in per cent, held on real samples.
#[test]
fn the_middle_of_a_bucket_is_as_near_as_documented() {
    for (spread, scale, error) in [(2.4, 5, 1.1), (7.0, 3, 4.4), (19.0, 1, 17.2), (60.0, -4, 100.0)] {
        let histogram = FloatExponentialHistogram::new();
        histogram.record(1.0);
        let worst = worst_error(-spread, spread, scale, |value| histogram.record(value));
        assert_eq!(read(&histogram).0.scale, scale, "a spread of {spread} octaves to either side");
        assert!(worst * 100.0 <= error, "{worst} at scale {scale}");
    }
    for (low, high, scale, error) in
        [(-12.4, -7.6, 5, 1.1), (-20.0, -1.0, 3, 4.4), (-29.8, 9.1, 2, 8.7), (-29.8, 34.1, 1, 17.2)]
    {
        let histogram = ExponentialHistogram::<Nanoseconds>::new();
        histogram.record((2_f64.powi(-10) * 1e9) as u64);
        let worst = worst_error(low, high, scale, |value| histogram.record((value * 1e9) as u64));
        assert_eq!(read(&histogram).0.scale, scale, "2^{low} to 2^{high} seconds");
        assert!(worst * 100.0 <= error, "{worst} at scale {scale}");
    }
}

/// Hands on values between two powers of two; how far from one of them the middle of its bucket is, at most.
fn worst_error(low: f64, high: f64, scale: i8, mut record: impl FnMut(f64)) -> f64 {
    let buckets = f64::from(scale).exp2();
    let mut random = Random(7);
    let mut worst = 0.0_f64;
    for _ in 0..100_000 {
        let value = (low + random.uniform() * (high - low)).exp2();
        record(value);
        let index = (value.log2() * buckets).ceil();
        let [below, above] = [index - 1.0, index].map(|index| (index / buckets).exp2());
        // The value that is as far from both bounds, in proportion.
        let middle = 2.0 * below * above / (below + above);
        worst = worst.max((middle - value).abs() / value);
    }
    worst
}

#[test]
fn what_has_no_bucket_is_counted_apart() {
    let unsigned = FloatExponentialHistogram::new();
    let signed = SignedExponentialHistogram::new();
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -1.0, -0.0, 0.0, 1.0] {
        unsigned.record(value);
        signed.record(value);
    }
    assert_eq!((unsigned.count(), unsigned.ignored()), (3, 4));
    assert_eq!((signed.count(), signed.ignored()), (4, 3));
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 5)]
struct Which {
    which: picometer::label::NumberLabel<0, 9>,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.exponential")]
struct All {
    /// Durations.
    #[metric(name = "durations", unit = "s")]
    durations: ExponentialHistogram<Nanoseconds>,
    /// Nothing.
    #[metric(name = "nothing", unit = "By")]
    nothing: ExponentialHistogram<Whole>,
    /// Floats.
    #[metric(name = "floats", unit = "Cel")]
    floats: SignedExponentialHistogram,
    /// Sizes.
    #[metric(name = "sizes", unit = "By")]
    sizes: Family<Which, ExponentialHistogram<Whole>>,
}

/// Encodes twice the same walk, with `meanwhile` between measuring and writing.
fn encode(all: &All, meanwhile: impl FnOnce()) -> Vec<Vec<ExponentialHistogramDataPoint>> {
    let mut scratch = [u32::MAX; All::SCRATCH];
    let mut measure = Measure::new(&mut scratch);
    all.visit(&mut measure).unwrap();
    meanwhile();
    let mut bytes = Vec::new();
    let mut out = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<_, std::convert::Infallible>(())
    };
    let head = Head { resource: &[("service.name", "test")], start: 10, time: 20 };
    let mut writer = measure.writer(&head, &mut out).unwrap();
    all.visit(&mut writer).unwrap();
    assert!(writer.is_complete());
    let request = ExportMetricsServiceRequest::decode(bytes.as_slice()).expect("protobuf");
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let points = metrics.iter().map(|metric| match &metric.data {
        Some(Data::ExponentialHistogram(histogram)) => {
            assert_eq!(histogram.aggregation_temporality, 2);
            histogram.data_points.clone()
        }
        other => panic!("{other:?}"),
    });
    points.collect()
}

#[test]
fn the_bytes_arrive_field_by_field() {
    use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;

    static ALL: All = All::new();
    ALL.durations.record(0);
    for _ in 0..300 {
        ALL.durations.record(1_000_000_000);
    }
    ALL.durations.record(1_000_000_001);
    ALL.durations.record(4_000_000_000);
    for (value, times) in [(1e-300, 2), (-1e300, 3), (0.0, 4), (1.0, 5), (1e-200, 1)] {
        (0..times).for_each(|_| ALL.floats.record(value));
    }
    for which in 0..10_u32 {
        let labels = Which { which: picometer::label::NumberLabel::new(which) };
        ALL.sizes.with(labels).record(1 << which);
    }

    let points = encode(&ALL, || ());
    let [durations, nothing, floats, sizes] = points.as_slice() else { panic!("{points:?}") };
    // Scale 5: one second is the last value of bucket -1, four seconds of bucket 63.
    let mut counts = vec![0; 65];
    (counts[0], counts[1], counts[64]) = (300, 1, 1);
    let expected = ExponentialHistogramDataPoint {
        start_time_unix_nano: 10,
        time_unix_nano: 20,
        count: 303,
        sum: Some(305.000_000_001),
        scale: 5,
        zero_count: 1,
        positive: Some(Buckets { offset: -1, bucket_counts: counts }),
        ..Default::default()
    };
    assert_eq!(*durations, [expected]);
    let empty = ExponentialHistogramDataPoint {
        start_time_unix_nano: 10,
        time_unix_nano: 20,
        sum: Some(0.0),
        ..Default::default()
    };
    assert_eq!(*nothing, [empty]);
    // Scale -4: 1e-300 is 2^-996.58, 1e-200 2^-664.39, 1e300 2^996.58, and 1 the last value of bucket -1.
    let mut counts = vec![0; 63];
    (counts[0], counts[21], counts[62]) = (2, 1, 5);
    let expected = ExponentialHistogramDataPoint {
        start_time_unix_nano: 10,
        time_unix_nano: 20,
        count: 15,
        scale: -4,
        zero_count: 4,
        positive: Some(Buckets { offset: -63, bucket_counts: counts }),
        negative: Some(Buckets { offset: 62, bucket_counts: vec![3] }),
        ..Default::default()
    };
    assert_eq!(*floats, [expected]);
    assert_eq!(sizes.len(), 6, "five series and the overflow");
    for (n, point) in sizes.iter().take(5).enumerate() {
        assert_eq!((point.count, point.sum, point.scale), (1, Some(f64::from(1 << n)), 5));
        assert_eq!(point.positive, Some(Buckets { offset: 32 * n as i32 - 1, bucket_counts: vec![1] }));
    }
    assert_eq!((sizes[5].count, sizes[5].sum), (5, Some(992.0)));
}

/// What is counted while a request is made is in it or in the next, never lost, and the count is that of the buckets.
#[test]
fn what_comes_too_late_waits_for_the_next_request() {
    static ALL: All = All::new();
    let check = |point: &ExponentialHistogramDataPoint| {
        let counts = point.positive.iter().flat_map(|buckets| &buckets.bucket_counts).sum::<u64>();
        assert_eq!(counts + point.zero_count, point.count);
        point.count
    };
    ALL.durations.record(1_000_000_000);
    ALL.durations.record(250_000_000);
    let late = || {
        ALL.durations.record(1_000_000_000); // has its place
        ALL.durations.record(1_000); // another layer, whose index at its own scale would have a place
        ALL.durations.record(2_000_000_000); // another bucket
        (0..20_000).for_each(|_| ALL.durations.record(1_000_000_000)); // more than two bytes can say
        ALL.nothing.record(7);
    };
    let first = encode(&ALL, late);
    assert_eq!((check(&first[0][0]), check(&first[1][0])), (1 + ((1 << 14) - 1), 0));
    let second = encode(&ALL, || ());
    assert_eq!((check(&second[0][0]), check(&second[1][0])), (20_005, 1));
}

#[test]
fn prometheus_text_has_the_same_bounds_whatever_was_recorded() {
    let text = |all: &All| {
        let mut text = Vec::new();
        let mut out = |bytes: &[u8]| {
            text.extend_from_slice(bytes);
            Ok::<_, std::convert::Infallible>(())
        };
        let Ok(()) = all.visit(&mut TextEncoder::new(&mut out));
        String::from_utf8(text).unwrap()
    };
    fn value(text: &str, series: &str) -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }
    let all = Box::new(All::new());
    let series = |text: &str| -> Vec<String> {
        let ours = text.lines().filter(|line| line.starts_with("durations") || line.starts_with("floats"));
        ours.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    let before = series(&text(&all));
    for nanoseconds in [0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, 2_000_000_000, u64::MAX] {
        all.durations.record(nanoseconds);
    }
    for float in [-1e300, -1.0, 0.0, 1e-300, 1.0, 3.0, 4.0, 4.1, 1e9, 2e12, 1e300] {
        all.floats.record(float);
    }
    let after = text(&all);
    assert_eq!(series(&after), before, "bounds never move");
    assert_eq!(before.len(), (31 + 3) + (42 + 2), "what can fall has no sum");
    for (le, count) in
        [("9.5367431640625e-07", 2.0), ("0.5", 2.0), ("1", 4.0), ("2", 6.0), ("1024", 6.0), ("+Inf", 7.0)]
    {
        assert_eq!(value(&after, &format!("durations_seconds_bucket{{le=\"{le}\"}}")), Some(count), "le {le}");
    }
    assert_eq!(value(&after, "durations_seconds_count"), Some(7.0));
    assert_eq!(value(&after, "durations_seconds_sum"), Some(17_293_822_569.102_703), "at its ceiling");
    for (le, count) in [
        ("0", 3.0),
        ("9.5367431640625e-07", 4.0),
        ("0.5", 4.0),
        ("1", 5.0),
        ("4", 7.0),
        ("8", 8.0),
        ("1.048576e+06", 8.0),
        ("+Inf", 11.0),
    ] {
        assert_eq!(value(&after, &format!("floats_celsius_bucket{{le=\"{le}\"}}")), Some(count), "le {le}");
    }
    assert_eq!(value(&after, "floats_celsius_count"), Some(11.0));
}

#[test]
fn two_threads_lose_no_count() {
    const EACH: u64 = 100_000;
    const ROUNDS: u64 = 10;
    for round in 0..ROUNDS {
        let ints = ExponentialHistogram::<Nanoseconds>::new();
        let floats = SignedExponentialHistogram::new();
        let record = |seed: u64| {
            let mut random = Random(seed);
            for _ in 0..EACH / ROUNDS {
                // Everywhere, and in one bucket over and over.
                ints.record(random.bits() >> (random.bits() % 64));
                let value = f64::from_bits(random.bits());
                floats.record(if value.is_finite() { value } else { 1.0 });
                for _ in 0..20 {
                    ints.record(1_000);
                    floats.record(-0.25);
                }
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| record(round + 1));
            scope.spawn(|| record(round + 1001));
        });
        let expected = 2 * 21 * EACH / ROUNDS;
        assert_eq!(ints.count(), expected);
        assert_eq!((floats.count(), floats.ignored()), (expected, 0));
        let (positive, _, zeros) = read(&ints);
        assert_eq!(positive.counts.values().sum::<u64>() + zeros, expected);
    }
}

#[test]
fn nothing_is_allocated() {
    static ALL: All = All::new();
    // Other tests allocate meanwhile, so a lap without any allocation is looked for.
    let mut text = vec![0; 1 << 16];
    let mut bytes = vec![0; 1 << 16];
    let lap = |n: u64, text: &mut [u8], bytes: &mut [u8]| {
        let region = stats_alloc::Region::new(ALLOCATOR);
        for step in 0..100 {
            ALL.durations.record(n * 1_000 + step * step * step);
            ALL.floats.record(-(step as f64).exp2());
            ALL.sizes.with(Which { which: picometer::label::NumberLabel::new(step as u32 % 10) }).record(step);
        }
        let mut out = picometer::encode::Buffer::new(text);
        ALL.visit(&mut TextEncoder::new(&mut out)).unwrap();
        let mut scratch = [0; All::SCRATCH];
        let mut measure = Measure::new(&mut scratch);
        ALL.visit(&mut measure).unwrap();
        let mut out = picometer::encode::Buffer::new(bytes);
        let head = Head { resource: &[], start: 1, time: 2 };
        let mut writer = measure.writer(&head, &mut out).unwrap();
        ALL.visit(&mut writer).unwrap();
        region.change().allocations
    };
    let fewest = (0..1_000).map(|n| lap(n, &mut text, &mut bytes)).min();
    assert_eq!(fewest, Some(0));
}
