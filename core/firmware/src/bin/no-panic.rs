//! Links only if nothing here can panic: the panic handler calls a function that nobody defines.
//!
//! The entry points take arguments that the compiler knows nothing about, through the C ABI, and are not inlined. All
//! that is below them is optimised as in any firmware; what is left of a panic path is then in the program.

#![no_std]
#![no_main]

use core::arch::global_asm;
use core::time::Duration;

use cortex_m_rt::entry;
use picometer::encode::{Buffer, Sink, openmetrics::OpenMetricsEncoder, otlp, text::TextEncoder};
use picometer::instrument::{FloatExponentialHistogram, Nanoseconds, SignedExponentialHistogram, WithMinMax};
use picometer::label::{HttpMethod, HttpStatus, NumberLabel};
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::visit::UsageSet;
use picometer::{
    Counter, ExponentialHistogram, Family, FloatCounter, FloatGauge, FloatHistogram, Gauge, Histogram, Label, LabelSet,
    Learned, MetricSet, UpDownCounter, buckets, keyed,
};

buckets! {
    /// Of a transfer.
    Transfer = seconds [0.001, 0.01, 0.1, 1.0];
    /// Of a batch.
    Batch = whole [1, 10, 100];
    /// Of a whole.
    Share = floats [0.1, 0.5, 0.9];
}

#[derive(Label, Clone, Copy)]
enum Direction {
    Received,
    Sent,
}

#[derive(LabelSet, Clone, Copy)]
struct Packet {
    direction: Direction,
    retried: bool,
    attempt: Option<NumberLabel<1, 5>>,
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 16)]
struct Request {
    method: HttpMethod,
    status: HttpStatus,
    peer: Peer,
}

/// Names that arrive over the air.
#[derive(Label, Clone, Copy)]
#[label(capacity = 6, max_len = 21)]
struct Peer(Learned);

#[derive(LabelSet, Clone, Copy)]
struct Heard {
    peer: Peer,
}

#[derive(MetricSet)]
#[metric_set(scope = "proof.no_panic")]
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
    #[metric(name = "temperature", unit = "Cel")]
    temperature: FloatGauge,
    /// Time of a transfer.
    #[metric(name = "transfer", unit = "s")]
    transfer: Histogram<Transfer>,
    /// Items in a batch.
    #[metric(name = "batch")]
    batch: Histogram<Batch>,
    /// Packets.
    #[metric(name = "packets")]
    packets: Family<Packet, Counter>,
    /// Time of a packet.
    #[metric(name = "airtime", unit = "s")]
    airtime: Family<Packet, Histogram<Transfer>>,
    /// Requests.
    #[metric(name = "requests")]
    requests: Family<Request, Counter>,
    /// Signal.
    #[metric(name = "signal")]
    signal: Family<Heard, FloatGauge>,
    /// Backlog.
    #[metric(name = "backlog")]
    backlog: Family<Request, UpDownCounter>,
    /// Battery.
    #[metric(name = "battery")]
    battery: Family<Heard, Gauge>,
    /// Energy drawn.
    #[metric(name = "energy", unit = "J")]
    energy: FloatCounter,
    /// Share of the time awake.
    #[metric(name = "awake", unit = "1")]
    awake: WithMinMax<FloatHistogram<Share>>,
    /// Time of a wake-up.
    #[metric(name = "wake", unit = "s")]
    wake: WithMinMax<ExponentialHistogram<Nanoseconds>>,
    /// Current.
    #[metric(name = "current", unit = "A")]
    current: FloatExponentialHistogram,
    /// Drift of the clock.
    #[metric(name = "drift", unit = "s")]
    drift: SignedExponentialHistogram,
    /// Messages by topic.
    #[metric(name = "messages")]
    messages: keyed!(Counter, series = 4, words = 16, stripes = Striped<2>),
    /// Packets by thread.
    #[metric(name = "striped", unit = "s")]
    striped: Family<Packet, Histogram<Transfer>, Striped<2, Leasable>>,
}

static PROOF: Proof = Proof::new();

unsafe extern "C" {
    /// Takes bytes, and tells whether it could.
    fn proof_write(bytes: *const u8, len: usize) -> bool;
}

// Not known to the compiler.
global_asm!(".global proof_write", ".thumb_func", "proof_write:", "mov r0, r1", "bx lr");

/// Keeps the entry points in the program, whatever calls them.
#[used]
static ENTRY_POINTS: EntryPoints = EntryPoints {
    record: proof_record,
    dense: proof_dense,
    sparse: proof_sparse,
    learn: proof_learn,
    read: proof_read,
    text: proof_text,
    openmetrics: proof_openmetrics,
    text_to_buffer: proof_text_to_buffer,
    otlp: proof_otlp,
    #[cfg(feature = "broken")]
    broken: proof_broken,
};

#[allow(dead_code)] // only kept
struct EntryPoints {
    record: extern "C" fn(u64, i64, f64, u64, u32),
    dense: extern "C" fn(u32, u32, u64),
    sparse: unsafe extern "C" fn(*const u8, usize, *const u8, usize, u32, i64),
    learn: unsafe extern "C" fn(*const u8, usize, f64, i64) -> usize,
    read: extern "C" fn(&mut u64, &mut i64),
    text: extern "C" fn() -> bool,
    openmetrics: extern "C" fn() -> bool,
    text_to_buffer: unsafe extern "C" fn(*mut u8, usize) -> usize,
    otlp: unsafe extern "C" fn(*mut u32, usize, u64, u64) -> bool,
    #[cfg(feature = "broken")]
    broken: extern "C" fn(usize) -> u8,
}

#[entry]
fn main() -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

/// A sink that may fail at any write.
struct Outside;

impl Sink for Outside {
    type Error = ();

    fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        // SAFETY: the bytes are there for as long as the call takes.
        if unsafe { proof_write(bytes.as_ptr(), bytes.len()) } { Ok(()) } else { Err(()) }
    }
}

/// The name that an entry point was given.
///
/// # Safety
/// `name` points at `len` bytes.
unsafe fn name<'a>(name: *const u8, len: usize) -> &'a str {
    // SAFETY: the caller's promise.
    core::str::from_utf8(unsafe { core::slice::from_raw_parts(name, len) }).unwrap_or("?")
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn proof_record(whole: u64, signed: i64, float: f64, seconds: u64, nanos: u32) {
    PROOF.events.inc();
    PROOF.events.add(whole);
    PROOF.open.inc();
    PROOF.open.dec();
    PROOF.open.add(signed);
    PROOF.depth.set(signed);
    PROOF.temperature.set(float);
    PROOF.batch.record(whole);
    PROOF.energy.add(float);
    PROOF.awake.record(float);
    PROOF.wake.record(whole);
    PROOF.current.record(float);
    // A duration below a second has no path that panics; `Duration::new` has, for its caller to avoid.
    PROOF.transfer.record_duration(Duration::from_secs(seconds));
    PROOF.transfer.record_duration(Duration::from_nanos(nanos.into()));
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn proof_dense(bits: u32, attempt: u32, seconds: u64) {
    let direction = if bits & 1 == 0 { Direction::Received } else { Direction::Sent };
    let attempt = (bits & 4 != 0).then(|| NumberLabel::new(attempt));
    let packet = Packet { direction, retried: bits & 2 != 0, attempt };
    PROOF.packets.with(packet).inc();
    PROOF.airtime.with(packet).record_duration(Duration::from_secs(seconds));
    PROOF.striped.with(packet).record(seconds);
    if let Some(lease) = lease::take() {
        PROOF.striped.own(&lease, packet).record(seconds);
    }
}

/// # Safety
/// `peer` points at `peer_len` bytes, and `method` at `method_len`.
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn proof_sparse(
    peer: *const u8,
    peer_len: usize,
    method: *const u8,
    method_len: usize,
    status: u32,
    value: i64,
) {
    // SAFETY: the caller's promise.
    let (peer, method) = unsafe { (name(peer, peer_len), name(method, method_len)) };
    let request =
        Request { method: HttpMethod::parse(method), status: HttpStatus::new(status), peer: Peer::learn(peer) };
    PROOF.requests.with(request).inc();
    PROOF.messages.with(&[(method, peer), (peer, "x"), ("a", "b")]).inc();
    PROOF.backlog.with(request).add(value);
}

/// # Safety
/// `peer` points at `len` bytes.
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn proof_learn(peer: *const u8, len: usize, signal: f64, battery: i64) -> usize {
    // SAFETY: the caller's promise.
    let heard = Heard { peer: Peer::learn(unsafe { name(peer, len) }) };
    PROOF.signal.with(heard).set(signal);
    PROOF.drift.record(signal);
    PROOF.battery.with(heard).set(battery);
    Peer::learned()
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn proof_read(total: &mut u64, sum: &mut i64) {
    *total = PROOF.events.total().wrapping_add(PROOF.transfer.count());
    *sum = PROOF.open.sum().wrapping_add(PROOF.depth.value().unwrap_or(0));
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn proof_text() -> bool {
    let mut sink = Outside;
    let mut encoder = TextEncoder::new(&mut sink).with_scope_labels();
    encoder.target_info(&[("service.name", "proof")]).is_ok() && PROOF.visit(&mut encoder).is_ok()
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn proof_openmetrics() -> bool {
    let mut sink = Outside;
    let mut usage = UsageSet::<{ Proof::DESCRIPTORS.len() }>::new();
    let mut encoder = OpenMetricsEncoder::new(&mut sink).with_scope_labels();
    encoder.target_info(&[("service.name", "proof")]).is_ok()
        && PROOF.visit(&mut usage).is_ok()
        && PROOF.visit(&mut encoder).is_ok()
        && usage.visit(&mut encoder).is_ok()
        && encoder.finish().is_ok()
}

/// # Safety
/// `bytes` points at `len` bytes, and nobody else uses them meanwhile.
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn proof_text_to_buffer(bytes: *mut u8, len: usize) -> usize {
    // SAFETY: the caller's promise.
    let mut buffer = Buffer::new(unsafe { core::slice::from_raw_parts_mut(bytes, len) });
    let _ = PROOF.visit(&mut TextEncoder::new(&mut buffer));
    buffer.written().len()
}

/// # Safety
/// `scratch` points at `words` words, and nobody else uses them meanwhile.
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn proof_otlp(scratch: *mut u32, words: usize, start: u64, time: u64) -> bool {
    // SAFETY: the caller's promise.
    let scratch = unsafe { core::slice::from_raw_parts_mut(scratch, words) };
    let mut measure = otlp::Measure::new(scratch);
    if PROOF.visit(&mut measure).is_err() {
        return false;
    }
    let mut sink = Outside;
    let head = otlp::Head { resource: &[("service.name", "proof")], start, time };
    let Ok(mut writer) = measure.writer(&head, &mut sink) else { return false };
    PROOF.visit(&mut writer).is_ok() && writer.is_complete()
}

/// What the proof must not let pass.
#[cfg(feature = "broken")]
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn proof_broken(index: usize) -> u8 {
    b"out of bounds"[index]
}

unsafe extern "C" {
    fn nothing_here_can_panic() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: it is not there, so a program that gets here does not link.
    unsafe { nothing_here_can_panic() }
}
