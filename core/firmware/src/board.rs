//! One timer, whose interrupt comes when it is told to.

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "riscv32")]
mod riscv;

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering};

#[cfg(target_arch = "arm")]
use self::cortex_m::arm;
#[cfg(target_arch = "arm")]
pub use self::cortex_m::{Stopwatch, entry};
#[cfg(target_arch = "riscv32")]
use self::riscv::arm;
#[cfg(target_arch = "riscv32")]
pub use self::riscv::entry;

/// What the interrupt runs, while there is one to come.
struct Handler(Cell<Option<&'static dyn Fn()>>);

// SAFETY: there is one core, and the main loop writes before the interrupt can come.
unsafe impl Sync for Handler {}

static HANDLER: Handler = Handler(Cell::new(None));
static CAME: AtomicBool = AtomicBool::new(false);

/// Runs `main`, and `interrupt` once from the timer's interrupt, some `ticks` after `main` began. Returns whether
/// `main` was interrupted, and not over before.
pub fn race(ticks: u32, main: impl FnOnce(), interrupt: &dyn Fn()) -> bool {
    // SAFETY: the interrupt takes the reference, and this waits for it, so it is not used beyond its lifetime.
    let interrupt: &'static dyn Fn() = unsafe { core::mem::transmute(interrupt) };
    HANDLER.0.set(Some(interrupt));
    CAME.store(false, Ordering::SeqCst);
    arm(ticks);
    main();
    let in_time = CAME.load(Ordering::SeqCst);
    while !CAME.load(Ordering::SeqCst) {
        core::hint::spin_loop();
    }
    in_time
}

/// Races `main` against `interrupt`, from a fresh state each time, with the interrupt one tick later each time, until
/// it comes after `main` is over. A tick is shorter than an instruction, so the interrupt comes at every one of them.
/// Returns how often `main` was interrupted.
pub fn race_everywhere<S>(fresh: impl Fn() -> S, main: impl Fn(&S), interrupt: impl Fn(&S), check: impl Fn(&S)) -> u32 {
    let mut interrupted = 0;
    let mut late = 0;
    for ticks in 1.. {
        let state = fresh();
        if race(ticks, || main(&state), &|| interrupt(&state)) {
            interrupted += 1;
            late = 0;
        } else {
            late += 1;
        }
        check(&state);
        if late == 32 {
            break;
        }
    }
    interrupted
}

/// The timer's interrupt, which is masked already when this is called.
fn interrupted() {
    // Taken, because a short timer runs out again before it is masked.
    if let Some(handler) = HANDLER.0.take() {
        handler();
    }
    CAME.store(true, Ordering::SeqCst);
}
