//! What a sink gets: few slices, none of them empty, and after its error nothing that it had before.
#![cfg(not(loom))]

use picometer::encode::openmetrics::OpenMetricsEncoder;
use picometer::encode::text::TextEncoder;
use picometer::encode::{Sink, otlp};
use picometer::instrument::{DbSeconds, Nanoseconds};
use picometer::label::HttpStatus;
use picometer::{Counter, ExponentialHistogram, Family, FloatGauge, Histogram, Label, LabelSet, Learned, MetricSet};

#[derive(Label, Clone, Copy)]
#[label(capacity = 8, max_len = 255)]
struct Name(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 16)]
struct Named {
    name: Name,
    status: HttpStatus,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.sink")]
struct All {
    /// Things, without a label.
    #[metric(name = "things")]
    things: Counter,
    /// Things by name, "some" of them long.
    #[metric(name = "named", unit = "By")]
    named: Family<Named, Counter>,
    /// Never set.
    #[metric(name = "silent")]
    silent: FloatGauge,
    /// Time by name.
    #[metric(name = "time", unit = "s")]
    time: Family<Named, Histogram<DbSeconds>>,
    /// Time.
    #[metric(name = "spread", unit = "s")]
    spread: ExponentialHistogram<Nanoseconds>,
}

fn recorded() -> All {
    let all = All::new();
    all.things.add(12_345);
    for name in ["", "short", "with \"quotes\"\\\n and more", &"long ".repeat(50)] {
        let named = Named { name: Name::learn(name), status: HttpStatus::new(503) };
        all.named.with(named).add(7);
        all.time.with(named).record(1_234_567);
        all.spread.record(name.len() as u64);
    }
    all
}

/// A sink that fails at one of its writes, and only there.
#[derive(Default)]
struct Failing {
    slices: Vec<Vec<u8>>,
    fails_at: Option<usize>,
}

impl Sink for Failing {
    type Error = ();

    fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        if self.fails_at == Some(self.slices.len()) {
            self.fails_at = None;
            return Err(());
        }
        self.slices.push(bytes.to_vec());
        Ok(())
    }
}

const RESOURCE: [(&str, &str); 2] = [("service.name", "sink"), ("service.version", "1")];

type Encoding = fn(&All, &mut Failing) -> Result<(), ()>;

const ENCODINGS: [(&str, Encoding); 3] = [
    ("text", |all, out| {
        let mut encoder = TextEncoder::new(out).with_scope_labels();
        encoder.target_info(&RESOURCE)?;
        all.visit(&mut encoder)
    }),
    ("OpenMetrics", |all, out| {
        let mut encoder = OpenMetricsEncoder::new(out);
        encoder.target_info(&RESOURCE)?;
        all.visit(&mut encoder)?;
        encoder.finish()
    }),
    ("OTLP", |all, out| {
        let mut scratch = [0; All::SCRATCH];
        let mut measure = otlp::Measure::new(&mut scratch);
        all.visit(&mut measure).unwrap();
        let head = otlp::Head { resource: &RESOURCE, start: 1, time: 2 };
        let mut writer = measure.writer(&head, out).map_err(drop)?;
        all.visit(&mut writer).map_err(drop)
    }),
];

#[test]
fn a_sink_gets_few_slices_and_none_is_empty() {
    let all = recorded();
    for (name, encode) in ENCODINGS {
        let mut out = Failing::default();
        encode(&all, &mut out).unwrap();
        let (writes, bytes) = (out.slices.len(), out.slices.concat().len());
        assert!(out.slices.iter().all(|slice| !slice.is_empty()), "{name}: one of {writes} slices is empty");
        // Each metric, the resource, the scope and the end begin a slice of their own.
        let most = bytes / 64 + All::DESCRIPTORS.len() + 3;
        assert!(writes <= most, "{name}: {writes} writes for {bytes} bytes, more than {most}");
    }
}

#[test]
fn after_an_error_nothing_is_written_twice() {
    let all = recorded();
    for (name, encode) in ENCODINGS {
        let mut whole = Failing::default();
        encode(&all, &mut whole).unwrap();
        for fails_at in 0..whole.slices.len() {
            let mut out = Failing { fails_at: Some(fails_at), ..Failing::default() };
            assert_eq!(encode(&all, &mut out), Err(()), "{name}, write {fails_at}");
            assert!(out.slices[..] == whole.slices[..fails_at], "{name}, write {fails_at}: {:?}", out.slices);
        }
    }
}

#[test]
fn an_encoder_that_is_used_after_an_error_writes_what_comes_next_only() {
    let all = recorded();
    let mut next = Vec::new();
    all.visit(&mut TextEncoder::new(&mut |bytes: &[u8]| -> Result<(), ()> {
        next.extend_from_slice(bytes);
        Ok(())
    }))
    .unwrap();
    for fails_at in 0..5 {
        let mut out = Failing { fails_at: Some(fails_at), ..Failing::default() };
        let mut encoder = TextEncoder::new(&mut out);
        assert_eq!(all.visit(&mut encoder), Err(()));
        all.visit(&mut encoder).unwrap();
        assert_eq!(out.slices[fails_at..].concat(), next, "after write {fails_at} failed");
    }
}
