//! The counters of `size-learned`, pushed as OTLP.

#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use cortex_m_rt::entry;
use picometer::encode::otlp;
use picometer::{Counter, Family, Label, LabelSet, Learned, MetricSet};

#[derive(Label, Clone, Copy)]
enum Direction {
    Received,
    Sent,
}

/// A name in the network.
#[derive(Label, Clone, Copy)]
#[label(capacity = 8, max_len = 15)]
struct Peer(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 16)]
struct Packet {
    direction: Direction,
    peer: Peer,
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
    /// Packets by direction and peer.
    #[metric(name = "packets")]
    packets: Family<Packet, Counter>,
}

static RADIO: Radio = Radio::new();

/// The data register of the first UART.
const UART: *mut u32 = 0x4000_c000 as *mut u32;

#[entry]
fn main() -> ! {
    loop {
        RADIO.frames.inc();
        RADIO.sent.add(black_box(64_u32).into());
        let direction = if black_box(true) { Direction::Sent } else { Direction::Received };
        RADIO.packets.with(Packet { direction, peer: Peer::learn(black_box("sensor-7")) }).inc();

        let mut uart = |bytes: &[u8]| -> Result<(), Infallible> {
            for byte in bytes {
                // SAFETY: writing to this register sends a byte.
                unsafe { UART.write_volatile((*byte).into()) };
            }
            Ok(())
        };
        let mut scratch = [0; Radio::SCRATCH];
        let mut measure = otlp::Measure::new(&mut scratch);
        let _ = RADIO.visit(&mut measure);
        let head = otlp::Head { resource: &[("service.name", "size")], start: 1, time: 2 };
        if let Ok(mut writer) = measure.writer(&head, &mut uart) {
            let _ = RADIO.visit(&mut writer);
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
