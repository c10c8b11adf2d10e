//! Counts the instructions of each recording.
//!
//! With `-icount` every instruction takes the same time in QEMU, so ticks of the core's clock are instructions. Each
//! recording is a function of its own, as it would be in a firmware, and what a call of an empty one takes is taken
//! off: what is left is the instructions of the recording, with those that find its cell and pass its arguments.

#![no_std]
#![no_main]

use core::arch::asm;
use core::hint::black_box;
use core::time::Duration;

use picometer::label::NumberLabel;
use picometer::{Counter, Family, FloatGauge, Gauge, Histogram, Label, LabelSet, Learned, MetricSet, UpDownCounter};
use picometer_firmware::board::{Stopwatch, entry};
use semihosting::{println, process};

picometer::buckets! {
    /// Of a transfer.
    Transfer = seconds [0.001, 0.01, 0.1, 1.0];
    /// Of a batch.
    Batch = whole [1, 10, 100, 1000];
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
#[label_set(max_series = 8)]
struct Channel {
    channel: NumberLabel<0, 99>,
    encrypted: bool,
}

/// Names that arrive over the air.
#[derive(Label, Clone, Copy)]
#[label(capacity = 4, max_len = 15)]
struct Peer(Learned);

#[derive(LabelSet, Clone, Copy)]
struct Heard {
    peer: Peer,
}

#[derive(MetricSet)]
#[metric_set(scope = "proof.cost")]
struct Proof {
    /// Events seen.
    #[metric(name = "events")]
    events: Counter,
    /// Sessions open.
    #[metric(name = "open")]
    open: UpDownCounter,
    /// Depth of the queue.
    #[metric(name = "depth")]
    depth: Gauge,
    /// Temperature of the die.
    #[metric(name = "temperature")]
    temperature: FloatGauge,
    /// Time of a transfer.
    #[metric(name = "transfer", unit = "s")]
    transfer: Histogram<Transfer>,
    /// Items in a batch.
    #[metric(name = "batch")]
    batch: Histogram<Batch>,
    /// Packets by direction and outcome.
    #[metric(name = "packets")]
    packets: Family<Packet, Counter>,
    /// Frames by channel.
    #[metric(name = "frames")]
    frames: Family<Channel, Counter>,
    /// Beacons by peer.
    #[metric(name = "beacons")]
    beacons: Family<Heard, Counter>,
}

static PROOF: Proof = Proof::new();

const TIMES: u32 = 1000;

/// Ticks of `TIMES` calls, each with an argument that the compiler does not know.
fn ticks<A: Copy>(call: fn(A), argument: A) -> u32 {
    let stopwatch = Stopwatch::start();
    for _ in 0..TIMES {
        black_box(call)(black_box(argument));
    }
    stopwatch.ticks()
}

/// Ticks of ten times as many instructions that do nothing.
fn calibration() -> u32 {
    let stopwatch = Stopwatch::start();
    for _ in 0..TIMES {
        // SAFETY: `nop` does nothing.
        unsafe { asm!(".rept 10", "nop", ".endr", options(nomem, nostack, preserves_flags)) };
    }
    let with = stopwatch.ticks();
    let stopwatch = Stopwatch::start();
    for _ in 0..TIMES {
        // SAFETY: as above.
        unsafe { asm!("nop", options(nomem, nostack, preserves_flags)) };
    }
    // One each, and the loop, is in both.
    (with - stopwatch.ticks()) * 10 / 9
}

/// The instructions of a call beyond those of an empty one, to the nearest whole; more than `most` is too many.
fn cost<A: Copy>(name: &str, call: fn(A), empty: fn(A), argument: A, most: Option<u32>) -> bool {
    let beyond = ticks(call, argument) - ticks(empty, argument);
    let ten_nops = calibration();
    let instructions = (beyond * 10 + ten_nops / 2) / ten_nops;
    match most {
        Some(most) => println!("cost: {name:<34} {instructions:>4}  at most {most}"),
        None => println!("cost: {name:<34} {instructions:>4}"),
    }
    most.is_none_or(|most| instructions <= most)
}

/// An empty function, and one that records.
macro_rules! measured {
    ($name:literal, $argument:ident: $type:ty = $value:expr, $record:expr, $most:expr) => {{
        #[inline(never)]
        fn call($argument: $type) {
            $record
        }
        #[inline(never)]
        fn empty($argument: $type) {
            // Keeps the function, and the loading of its arguments.
            let _ = black_box(());
            let _ = $argument;
        }
        cost($name, call, empty, $value, $most)
    }};
}

const IS_M0: bool = cfg!(target_abi = "eabi") && !cfg!(target_has_atomic = "32");

#[entry]
fn main() -> ! {
    let counter = Some(if IS_M0 { 14 } else { 12 });
    let dense = (!IS_M0).then_some(25);
    let packet = Packet { direction: Direction::Sent, outcome: Outcome::Dropped };
    let channel = Channel { channel: NumberLabel::new(7), encrypted: true };
    let kept = PROOF.packets.with(packet);
    let results = [
        measured!("counter, inc", _a: () = (), PROOF.events.inc(), counter),
        measured!("counter, add a constant", _a: () = (), PROOF.events.add(1500), counter),
        measured!("counter, add a u32", n: u32 = 3, PROOF.events.add(n.into()), None),
        measured!("counter, add a u64", n: u64 = 3, PROOF.events.add(n), None),
        measured!("kept counter, inc", kept: &'static Counter = kept, kept.inc(), counter),
        measured!("up-down counter, inc", _a: () = (), PROOF.open.inc(), None),
        measured!("up-down counter, dec", _a: () = (), PROOF.open.dec(), None),
        measured!("up-down counter, add an i64", n: i64 = -3, PROOF.open.add(n), None),
        measured!("gauge, set an i32", n: i32 = 3, PROOF.depth.set(n.into()), None),
        measured!("gauge, set an i64", n: i64 = 3, PROOF.depth.set(n), None),
        measured!("float gauge, set an f32", x: f32 = 0.5, PROOF.temperature.set(x.into()), None),
        measured!("histogram, 4 bounds, u32", n: u32 = 50, PROOF.batch.record(n.into()), None),
        measured!("histogram, 4 bounds, u64", n: u64 = 50, PROOF.batch.record(n), None),
        measured!("histogram, 4 bounds, duration",
            duration: Duration = Duration::from_millis(20), PROOF.transfer.record_duration(duration), None),
        measured!("dense family, 2 labels, inc", packet: Packet = packet, PROOF.packets.with(packet).inc(), dense),
        measured!("sparse family, 2 labels, inc", channel: Channel = channel, PROOF.frames.with(channel).inc(), None),
        measured!("learned label (8 bytes), known", name: &'static str = "upstairs", {
            black_box(Peer::learn(name));
        }, None),
        measured!("learned label and family, inc", name: &'static str = "upstairs",
            PROOF.beacons.with(Heard { peer: Peer::learn(name) }).inc(), None),
    ];
    process::exit(i32::from(results.contains(&false)))
}
