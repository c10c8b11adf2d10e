//! Memory is fixed before the first measurement: no label value, however many there are, makes it grow.
#![cfg(not(loom))]

use std::alloc::System;

use picometer::encode::text::TextEncoder;
use picometer::encode::{Buffer, otlp};
use picometer::{Counter, Family, Histogram, Label, LabelSet, Learned, MetricSet, instrument::HttpSeconds};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Label, Clone, Copy)]
#[label(capacity = 100, max_len = 31)]
struct User(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 150)]
struct Visit {
    user: User,
    mobile: bool,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.bounded")]
struct Visits {
    /// Visits.
    #[metric(name = "visits", unit = "{visit}")]
    count: Family<Visit, Counter>,
    /// How long they took.
    #[metric(name = "visit.duration", unit = "s")]
    duration: Family<Visit, Histogram<HttpSeconds>>,
}

static VISITS: Visits = Visits::new();
const DISTINCT: u64 = 200_000;

/// A name for each number, made without allocating.
fn name(number: u64, bytes: &mut [u8; 20]) -> &str {
    let mut rest = number;
    for byte in bytes.iter_mut().rev() {
        *byte = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    std::str::from_utf8(bytes).unwrap()
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn two_hundred_thousand_values_take_no_memory_and_lose_no_count() {
    let mut digits = [0; 20];
    let mut text = vec![0; 1 << 20];
    let mut bytes = vec![0; 1 << 20];
    let mut scratch = [0; Visits::SCRATCH];
    let mut lap = |from: u64, to: u64, text: &mut [u8], bytes: &mut [u8]| {
        for number in from..to {
            let visit = Visit { user: User::learn(name(number, &mut digits)), mobile: number % 3 == 0 };
            VISITS.count.with(visit).inc();
            VISITS.duration.with(visit).record(number);
        }
        let mut out = Buffer::new(text);
        VISITS.visit(&mut TextEncoder::new(&mut out)).unwrap();
        let written = out.written().len();

        let mut measure = otlp::Measure::new(&mut scratch);
        VISITS.visit(&mut measure).unwrap();
        let mut out = Buffer::new(bytes);
        let head = otlp::Head { resource: &[("service.name", "test")], start: 1, time: 2 };
        let mut writer = measure.writer(&head, &mut out).unwrap();
        VISITS.visit(&mut writer).unwrap();
        written
    };

    // The test harness allocates in its own thread while it starts this one.
    std::thread::sleep(std::time::Duration::from_millis(200));
    // The very first recordings and the first names learned do not allocate either.
    let region = Region::new(ALLOCATOR);
    lap(0, 1_000, &mut text, &mut bytes);
    assert_eq!(region.change().allocations, 0, "allocations in record, visit and encode");

    let resident = cfg!(target_os = "linux").then(resident_bytes);
    let written = lap(1_000, DISTINCT, &mut text, &mut bytes);
    if let Some(resident) = resident {
        let growth = resident_bytes().saturating_sub(resident);
        assert!(growth < 64 * 1024, "resident memory grew by {growth} bytes");
    }

    let text = std::str::from_utf8(&text[..written]).unwrap();
    let total: u64 = samples(text, "visits_total").map(|(_, value)| value).sum();
    assert_eq!(total, DISTINCT, "the sum over all series");
    let counted: u64 = samples(text, "visit_duration_seconds_count").map(|(_, value)| value).sum();
    assert_eq!(counted, DISTINCT);
    assert_eq!(User::learned(), 100);

    let other: u64 =
        samples(text, "visits_total").filter(|(labels, _)| labels.contains("_OTHER")).map(|(_, v)| v).sum();
    assert_eq!(other, DISTINCT - 100, "what was beyond the bound is visible");
    // 100 users and `_OTHER`, none both mobile and not but `_OTHER`: 102 series, all in a table of 150.
    assert_eq!(samples(text, "visits_total").count(), 102);
}

/// The labels and values of a metric's samples.
fn samples<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    text.lines().filter_map(move |line| {
        let (series, value) = line.rsplit_once(' ')?;
        let labels = series.strip_prefix(name)?;
        Some((labels.strip_prefix('{')?, value.parse().unwrap()))
    })
}
