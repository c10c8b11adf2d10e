//! The program of `size-learned`, written with `embeprom`, whose labels are all text.

#![no_std]
#![no_main]

use core::hint::black_box;

// Its interrupts-off sections are those of cortex-m.
use cortex_m as _;
use cortex_m_rt::entry;

/// Of a radio.
pub mod metrics {
    embeprom::metrics! {
        namespace = "";

        /// Frames sent.
        frames_total: Counter,
        /// Bytes sent.
        sent_bytes_total: Counter,
        /// Packets by direction and peer.
        #[labels("direction", "peer")]
        packets_total: CounterVec<16>,
        /// Time to send.
        #[buckets(100, 500, 1000, 5000)]
        latency_microseconds: IntHistogram,
    }
}

/// The data register of the first UART.
const UART: *mut u32 = 0x4000_c000 as *mut u32;

#[entry]
fn main() -> ! {
    loop {
        let radio = metrics::get();
        radio.frames_total.inc();
        radio.sent_bytes_total.inc_by(black_box(64_u32).into());
        let direction = if black_box(true) { "sent" } else { "received" };
        radio.packets_total.inc(&[direction, black_box("sensor-7")]);
        radio.latency_microseconds.observe(black_box(120_u32).into());

        let mut renderer = embeprom::Renderer::new();
        while let Ok(Some(line)) = renderer.next_line() {
            for byte in line.as_bytes() {
                // SAFETY: writing to this register sends a byte.
                unsafe { UART.write_volatile((*byte).into()) };
            }
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
