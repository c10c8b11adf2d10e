//! Two counters, a labelled family, a histogram and the text encoder: how much flash and RAM they take.

#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use cortex_m_rt::entry;
use picometer::encode::text::TextEncoder;
use picometer::{Counter, Family, Histogram, Label, LabelSet, MetricSet};

picometer::buckets! {
    /// In microseconds.
    Latency = whole [100, 500, 1000, 5000];
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

#[derive(MetricSet)]
#[metric_set(scope = "size")]
struct Radio {
    /// Frames sent.
    #[metric(name = "frames")]
    frames: Counter,
    /// Bytes sent.
    #[metric(name = "sent", unit = "By")]
    sent: Counter,
    /// Packets by direction and outcome.
    #[metric(name = "packets")]
    packets: Family<Packet, Counter>,
    /// Time to send.
    #[metric(name = "latency", unit = "us")]
    latency: Histogram<Latency>,
}

static RADIO: Radio = Radio::new();

// What the documentation says: eight bytes a counter and a bucket, eight for the sum, and a byte for each cell of the
// family, rounded up.
const _: () = assert!(size_of::<Radio>() == 8 + 8 + (6 * 8 + 8) + (5 + 1) * 8);

/// The data register of the first UART.
const UART: *mut u32 = 0x4000_c000 as *mut u32;

#[entry]
fn main() -> ! {
    loop {
        RADIO.frames.inc();
        RADIO.sent.add(black_box(64_u32).into());
        let (direction, outcome) = match black_box(0_u32) {
            0 => (Direction::Received, Outcome::Ok),
            1 => (Direction::Sent, Outcome::Failed),
            _ => (Direction::Sent, Outcome::Dropped),
        };
        RADIO.packets.with(Packet { direction, outcome }).inc();
        RADIO.latency.record(black_box(120_u32).into());

        let mut uart = |bytes: &[u8]| -> Result<(), Infallible> {
            for byte in bytes {
                // SAFETY: writing to this register sends a byte.
                unsafe { UART.write_volatile((*byte).into()) };
            }
            Ok(())
        };
        let Ok(()) = RADIO.visit(&mut TextEncoder::new(&mut uart));
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
