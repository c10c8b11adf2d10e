//! Records from the main loop and from an interrupt at once, and checks that nothing is lost.
//!
//! The interrupt comes once in every round, one tick later in each, so that it meets every instruction of a recording.

#![no_std]
#![no_main]

use core::convert::Infallible;
use core::time::Duration;

use picometer::encode::{otlp, text::TextEncoder};
use picometer::label::{LearnedTable, NumberLabel, words};
use picometer::{
    Counter, Family, FloatGauge, Gauge, Histogram, Label, LabelSet, Learned, MetricSet, UpDownCounter, slots,
};
use picometer_firmware::board::{entry, race, race_everywhere};
use picometer_firmware::stack;
use semihosting::{print, println, process};

picometer::buckets! {
    /// Of a transfer.
    Transfer = seconds [0.001, 0.01];
}

#[derive(Label, Clone, Copy)]
enum Direction {
    Received,
    Sent,
}

#[derive(Label, Clone, Copy)]
enum Outcome {
    Ok,
    Failed,
    Dropped,
}

#[derive(LabelSet, Clone, Copy)]
struct Packet {
    direction: Direction,
    outcome: Outcome,
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 6)]
struct Channel {
    channel: NumberLabel<0, 99>,
    encrypted: bool,
}

/// Names that arrive over the air.
#[derive(Label, Clone, Copy)]
#[label(capacity = 4, max_len = 15)]
struct Peer(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 5)]
struct Heard {
    peer: Peer,
}

#[derive(MetricSet)]
#[metric_set(scope = "proof.exact")]
struct Proof {
    /// Events seen.
    #[metric(name = "events", unit = "{event}")]
    events: Counter,
    /// Bytes moved.
    #[metric(name = "moved", unit = "By")]
    moved: Counter,
    /// Sessions open.
    #[metric(name = "open", unit = "{session}")]
    open: UpDownCounter,
    /// Depth of the queue.
    #[metric(name = "depth", unit = "{item}")]
    depth: Gauge,
    /// Temperature of the die.
    #[metric(name = "temperature", unit = "Cel")]
    temperature: FloatGauge,
    /// Time of a transfer.
    #[metric(name = "transfer", unit = "s")]
    transfer: Histogram<Transfer>,
    /// Packets by direction and outcome.
    #[metric(name = "packets", unit = "{packet}")]
    packets: Family<Packet, Counter>,
    /// Frames by channel.
    #[metric(name = "frames", unit = "{frame}")]
    frames: Family<Channel, Counter>,
    /// Beacons by peer.
    #[metric(name = "beacons", unit = "{beacon}")]
    beacons: Family<Heard, Counter>,
}

static PROOF: Proof = Proof::new();

// What the documentation says of each on a 32-bit target.
const _: () = {
    assert!(size_of::<Counter>() == 8);
    assert!(size_of::<UpDownCounter>() == 20);
    assert!(size_of::<Gauge>() == 8);
    assert!(size_of::<FloatGauge>() == 8);
    assert!(size_of::<Histogram<Transfer>>() == (2 + 2) * 8);
    assert!(size_of::<Family<Packet, Counter>>() == 2 * 3 * 8 + 8); // a byte for each cell, rounded up
    // Six series and the overflow, four bytes for each of six series and sixteen slots, and four.
    assert!(size_of::<Family<Channel, Counter>>() == (6 + 1) * 8 + (6 + slots(6)) * 4 + 4);
    // Names of four words, four bytes for each of eight slots, and two words.
    assert!(size_of::<LearnedTable<4, { words(15) }, { slots(4) }>>() == 4 * words(15) * 4 + slots(4) * 4 + 8);
};

/// As many as the expected text below is written for; the interrupt is aimed within the time that one takes.
const ROUNDS: u32 = 4000;

/// Each is learned by both at once: the last two do not fit.
const PEERS: [&str; 6] = ["anna", "bert", "ten-bytes!", "fifteen-bytes-x", "dora", "emil"];

/// Each round carries from one half of a 64-bit counter to the other, more often than not twice.
const MAIN_MOVES: u64 = 0x7fff_ffff;
const INTERRUPT_MOVES: u64 = 0x4000_0001;

const EXPECTED: &str = "\
# HELP events_total Events seen.
# TYPE events_total counter
events_total 12000
# HELP moved_bytes_total Bytes moved.
# TYPE moved_bytes_total counter
moved_bytes_total 12884901888000
# HELP open Sessions open.
# TYPE open gauge
open 8000
# HELP depth Depth of the queue.
# TYPE depth gauge
depth -7
# HELP temperature_celsius Temperature of the die.
# TYPE temperature_celsius gauge
temperature_celsius 21.5
# HELP transfer_seconds Time of a transfer.
# TYPE transfer_seconds histogram
transfer_seconds_bucket{le=\"0.001\"} 4000
transfer_seconds_bucket{le=\"0.01\"} 8000
transfer_seconds_bucket{le=\"+Inf\"} 12000
transfer_seconds_sum 8024
transfer_seconds_count 12000
# HELP packets_total Packets by direction and outcome.
# TYPE packets_total counter
packets_total{direction=\"received\",outcome=\"ok\"} 8000
packets_total{direction=\"sent\",outcome=\"dropped\"} 4000
# HELP frames_total Frames by channel.
# TYPE frames_total counter
frames_total{channel=\"0\",encrypted=\"true\"} 1000
frames_total{channel=\"1\",encrypted=\"true\"} 1000
frames_total{channel=\"2\",encrypted=\"true\"} 1000
frames_total{channel=\"3\",encrypted=\"true\"} 1000
frames_total{channel=\"4\",encrypted=\"true\"} 1000
frames_total{channel=\"5\",encrypted=\"true\"} 1000
frames_total{otel_metric_overflow=\"true\"} 2000
# HELP beacons_total Beacons by peer.
# TYPE beacons_total counter
beacons_total{peer=\"anna\"} 1334
beacons_total{peer=\"bert\"} 1334
beacons_total{peer=\"ten-bytes!\"} 1334
beacons_total{peer=\"fifteen-bytes-x\"} 1334
beacons_total{peer=\"_OTHER\"} 2664
";

/// What the OTLP request holds is of the same length everywhere.
const OTLP_LEN: usize = 1488;

#[entry]
fn main() -> ! {
    everywhere();
    rounds();
    text();
    otlp();
    stack_use();
    println!("exact");
    process::exit(0)
}

/// One recording after another, each interrupted at every one of its instructions, from a fresh state each time.
fn everywhere() {
    let carry = race_everywhere(
        || {
            let counter = Counter::new();
            counter.add(0xffff_fffe);
            counter
        },
        |counter| counter.add(0x7fff_ffff),
        |counter| {
            // The interrupted addition is in the total, or is not.
            let before = counter.total();
            assert!([0xffff_fffe, 0x1_7fff_fffd].contains(&before), "{before:#x}");
            counter.add(0x7fff_fffe);
            assert_eq!(counter.total(), before + 0x7fff_fffe);
        },
        |counter| assert_eq!(counter.total(), 0x1_ffff_fffb),
    );
    println!("a counter that carries: interrupted {carry} times");
    assert!(carry > 8);

    let large = race_everywhere(
        Counter::new,
        |counter| counter.add(0x2_8000_0001),
        |counter| {
            // An addition of 2^31 and more arrives in parts.
            let before = counter.total();
            assert!([0, 0x2_0000_0000, 0x2_8000_0000, 0x2_8000_0001].contains(&before), "{before:#x}");
            counter.add(0x1_ffff_ffff);
            assert_eq!(counter.total(), before + 0x1_ffff_ffff);
        },
        |counter| assert_eq!(counter.total(), 0x4_8000_0000),
    );
    println!("a counter that takes a large addition: interrupted {large} times");
    assert!(large > 8);

    let balance = race_everywhere(
        || {
            let sum = UpDownCounter::new();
            sum.add(0x7fff_fff0);
            sum
        },
        |sum| {
            sum.add(0x7fff_ffff);
            sum.add(-0x7fff_ffff);
        },
        |sum| {
            assert!([0x7fff_fff0, 0xffff_ffef].contains(&sum.sum()), "{:#x}", sum.sum());
            sum.add(-0x7fff_ffff);
        },
        |sum| assert_eq!(sum.sum(), -15),
    );
    println!("an up-down counter that carries: interrupted {balance} times");
    assert!(balance > 8);

    let claims = race_everywhere(
        Family::<Channel, Counter>::new,
        |frames| frames.with(channel(1)).inc(),
        |frames| {
            // The other first: it may take the place that the main loop has seen empty.
            frames.with(channel(2)).inc();
            frames.with(channel(1)).inc();
        },
        |frames| {
            assert_eq!(frames.with(channel(1)).total(), 2);
            assert_eq!(frames.with(channel(2)).total(), 1);
        },
    );
    println!("a series that is claimed: interrupted {claims} times");
    assert!(claims > 16);

    let names = race_everywhere(
        LearnedTable::<2, { words(15) }, { slots(2) }>::new,
        |table| assert_ne!(table.learn("interrupted").index(), 2),
        |table| {
            assert_ne!(table.learn("interrupted").index(), 2);
            assert_ne!(table.learn("new").index(), 2);
        },
        |table| {
            assert_eq!(table.learned(), 2);
            assert_ne!(table.learn("interrupted"), table.learn("new"));
            assert_eq!(table.learn("interrupter").index(), 2);
        },
    );
    println!("a name that is learned: interrupted {names} times");
    assert!(names > 32);
}

/// Both record into everything.
fn rounds() {
    PROOF.depth.set(-7);
    PROOF.temperature.set(21.5);
    let mut interrupted = 0;
    for round in 0..ROUNDS {
        let peer = PEERS[(round / (ROUNDS / 6 + 1)) as usize];
        let channel = channel(round % 8);
        let in_time = race(
            1 + round % 700,
            || {
                PROOF.events.inc();
                PROOF.moved.add(MAIN_MOVES);
                PROOF.open.add(5);
                PROOF.transfer.record_duration(Duration::from_micros(500));
                PROOF.transfer.record_duration(Duration::from_secs(2));
                PROOF.packets.with(Packet { direction: Direction::Received, outcome: Outcome::Ok }).inc();
                PROOF.frames.with(channel).inc();
                PROOF.beacons.with(Heard { peer: Peer::learn(peer) }).inc();
            },
            &|| {
                PROOF.beacons.with(Heard { peer: Peer::learn(peer) }).inc();
                PROOF.frames.with(channel).inc();
                PROOF.packets.with(Packet { direction: Direction::Received, outcome: Outcome::Ok }).inc();
                PROOF.packets.with(Packet { direction: Direction::Sent, outcome: Outcome::Dropped }).inc();
                PROOF.transfer.record_duration(Duration::from_micros(5_500));
                PROOF.open.add(-3);
                PROOF.moved.add(INTERRUPT_MOVES);
                PROOF.events.add(2);
            },
        );
        interrupted += u32::from(in_time);
    }
    println!("{ROUNDS} rounds: interrupted {interrupted} times");
    assert!(interrupted > ROUNDS / 2);
    assert_eq!(PROOF.moved.total(), u64::from(ROUNDS) * (MAIN_MOVES + INTERRUPT_MOVES));
    assert_eq!(PROOF.open.sum(), i64::from(ROUNDS) * 2);
}

/// Encodes Prometheus text, and compares it line by line.
fn text() {
    let mut expected = EXPECTED.as_bytes();
    let mut sink = |bytes: &[u8]| -> Result<(), Infallible> {
        print!("{}", core::str::from_utf8(bytes).unwrap_or("?"));
        match expected.split_at_checked(bytes.len()) {
            Some((same, rest)) if same == bytes => expected = rest,
            _ => panic!("expected here: {}", core::str::from_utf8(expected).unwrap_or("?")),
        }
        Ok(())
    };
    let Ok(()) = PROOF.visit(&mut TextEncoder::new(&mut sink));
    assert!(expected.is_empty(), "missing: {}", core::str::from_utf8(expected).unwrap_or("?"));
}

/// Encodes OTLP, and compares its length with what the request says of itself.
fn otlp() {
    let mut head = [0_u8; 3];
    let mut len = 0;
    let mut sink = |bytes: &[u8]| -> Result<(), otlp::Error> {
        for byte in bytes {
            if let Some(slot) = head.get_mut(len) {
                *slot = *byte;
            }
            len += 1;
        }
        Ok(())
    };
    assert!(encode_otlp(&mut sink), "not everything that was measured is written");
    // The field `resource_metrics`, and its length as a varint of two bytes.
    assert_eq!(head[0], 0x0a);
    assert_eq!((head[1] & 0x80, head[2] & 0x80), (0x80, 0));
    assert_eq!(3 + usize::from(head[1] & 0x7f) + (usize::from(head[2]) << 7), len);
    println!("otlp: {len} bytes");
    assert_eq!(len, OTLP_LEN);
}

fn encode_otlp<S: picometer::encode::Sink>(sink: &mut S) -> bool {
    let mut scratch = [0; Proof::SCRATCH];
    let mut measure = otlp::Measure::new(&mut scratch);
    if PROOF.visit(&mut measure).is_err() {
        return false;
    }
    let head = otlp::Head { resource: &[("service.name", "proof")], start: 1, time: 2 };
    let Ok(mut writer) = measure.writer(&head, sink) else { return false };
    PROOF.visit(&mut writer).is_ok() && writer.is_complete()
}

fn stack_use() {
    let nothing = stack::used_by(|| {});
    let mut ignore = |_: &[u8]| -> Result<(), Infallible> { Ok(()) };
    let learn = stack::used_by(|| PROOF.beacons.with(Heard { peer: Peer::learn("fifteen-bytes-x") }).inc());
    let record = stack::used_by(|| PROOF.transfer.record_duration(Duration::from_micros(500)));
    let text = stack::used_by(|| {
        let Ok(()) = PROOF.visit(&mut TextEncoder::new(&mut ignore));
    });
    let otlp = stack::used_by(|| assert!(encode_otlp(&mut |_: &[u8]| -> Result<(), Infallible> { Ok(()) })));
    println!(
        "stack: histogram {}, learned label {}, text {}, otlp {} bytes",
        record - nothing,
        learn - nothing,
        text - nothing,
        otlp - nothing
    );
}

fn channel(number: u32) -> Channel {
    Channel { channel: NumberLabel::new(number), encrypted: true }
}
