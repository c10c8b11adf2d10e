//! `mtime` and `mtimecmp` of the CLINT, where QEMU's machine `virt` has it.

pub use riscv_rt::entry;

const MTIMECMP: *mut u32 = 0x0200_4000 as *mut u32;
const MTIME: *const u32 = 0x0200_bff8 as *const u32;

fn compare_with(time: u64) {
    // SAFETY: the register is there on this machine. The upper half is at its highest meanwhile, so that no interrupt
    // comes for a time that was never meant.
    unsafe {
        MTIMECMP.add(1).write_volatile(u32::MAX);
        MTIMECMP.write_volatile(time as u32);
        MTIMECMP.add(1).write_volatile((time >> 32) as u32);
    }
}

pub(super) fn arm(ticks: u32) {
    mask();
    // SAFETY: the register is there on this machine; the timer's interrupt has a handler, below.
    unsafe {
        riscv::register::mie::set_mtimer();
        riscv::interrupt::enable();
        // The tests end long before the lower half wraps, which takes seven minutes.
        compare_with(u64::from(MTIME.read_volatile()) + u64::from(ticks));
    }
}

fn mask() {
    compare_with(u64::MAX);
}

#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)]
fn timer() {
    mask();
    super::interrupted();
}
