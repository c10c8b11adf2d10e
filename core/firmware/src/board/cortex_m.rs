//! SysTick.

use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;

pub use cortex_m_rt::entry;

const ENABLE: u32 = 1;
const TICKINT: u32 = 1 << 1;
const CORE_CLOCK: u32 = 1 << 2;
const RELOAD_MAX: u32 = 0x00ff_ffff;

fn control(value: u32) {
    // SAFETY: these proofs use SysTick nowhere else, and any value of its registers is sound.
    unsafe { (*SYST::PTR).csr.write(value) }
}

fn reload(ticks: u32) {
    SCB::clear_pendst();
    // SAFETY: as above.
    unsafe {
        (*SYST::PTR).rvr.write(ticks);
        (*SYST::PTR).cvr.write(0);
    }
}

pub(super) fn arm(ticks: u32) {
    mask();
    reload(ticks);
    control(ENABLE | TICKINT | CORE_CLOCK);
}

fn mask() {
    control(0);
}

#[exception]
fn SysTick() {
    mask();
    super::interrupted();
}

/// Counts the ticks of the core's clock.
pub struct Stopwatch(());

impl Stopwatch {
    /// Starts to count.
    #[must_use]
    pub fn start() -> Self {
        mask();
        reload(RELOAD_MAX);
        control(ENABLE | CORE_CLOCK);
        Self(())
    }

    /// The ticks since the start: below 2^24.
    #[must_use]
    pub fn ticks(self) -> u32 {
        RELOAD_MAX - SYST::get_current()
    }
}
