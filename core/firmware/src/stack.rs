//! How much stack a call takes.

const PAINT: u32 = 0xdead_10cc;

/// What is painted below the caller's frame.
const BYTES: usize = 4096;

/// Left alone between a local and the paint: this function's own frame.
const FRAME: usize = 64;

/// The bytes of stack that `call` takes, at most four kilobytes. No interrupt may come meanwhile.
#[inline(never)]
pub fn used_by(call: impl FnOnce()) -> usize {
    let marker = 0_u32;
    let top = &raw const marker as usize - FRAME;
    let canvas = (top - BYTES..top).step_by(size_of::<u32>());
    for address in canvas.clone() {
        // SAFETY: the memory is stack that no frame uses: it is below this one's.
        unsafe { (address as *mut u32).write_volatile(PAINT) };
    }
    apart(call);
    // SAFETY: as above.
    let is_clean = |address: &usize| unsafe { (*address as *const u32).read_volatile() } == PAINT;
    let clean = canvas.take_while(is_clean).count();
    BYTES - clean * size_of::<u32>()
}

/// Keeps the frame of `call` out of its caller's.
#[inline(never)]
fn apart(call: impl FnOnce()) {
    call();
}
