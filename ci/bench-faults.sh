#!/usr/bin/env bash
# Shows that the benchmarks notice what they are there for: puts one fault at a time into a copy of the sources, and
# expects the benchmark to miss a goal that it meets without the fault.
#
#   ci/bench-faults.sh [BENCHMARK...]
#
# Leave the machine alone meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

. ci/faults.sh

# benchmark | what is wrong | file | how sed makes it so
faults=$(cat << 'FAULTS'
plain_counter|a leased cell is added to atomically|core/src/cell/native.rs|s/self.0.store(after, Ordering::Relaxed);/let _ = after; self.add(n);/
enum_labels|every thread is on the first stripe|core/src/stripe.rs|s/&raw const here as usize >> STACK_BITS/\&raw const here as usize >> STACK_BITS << 40/
string_labels|slots are always searched one by one|core/src/intern.rs|s/self.slots.glance(key.hash)$/&.filter(|_| core::hint::black_box(false))/; s/self.slots.end_early(key.hash)/core::hint::black_box(false)/
cached_handle|every thread is on the first stripe|core/src/stripe.rs|s/&raw const here as usize >> STACK_BITS/\&raw const here as usize >> STACK_BITS << 40/
histogram|bounds are looked at one by one|core/src/instrument/histogram.rs|s/filter(|bound| \*\*bound < value)/filter(|bound| **core::hint::black_box(bound) < value)/
exponential_histogram|a bucket is looked for thirty times|core/src/instrument/exponential.rs|s/let index = U::OCTAVE.index(value);/let index = (0..core::hint::black_box(30)).fold(0, |_, _| U::OCTAVE.index(core::hint::black_box(value)));/
labelled_histogram|every thread is on the first stripe|core/src/stripe.rs|s/&raw const here as usize >> STACK_BITS/\&raw const here as usize >> STACK_BITS << 40/
contention|every thread is on the first stripe|core/src/stripe.rs|s/&raw const here as usize >> STACK_BITS/\&raw const here as usize >> STACK_BITS << 40/
overflow|what does not fit is searched for ten times|core/src/intern.rs|s/let found = if is_last { None }/let found = if is_last { (0..core::hint::black_box(10)).find_map(|_| self.search(core::hint::black_box(key.words), key.len, key.hash)) }/
memory|a cell takes 16 bytes|core/src/cell/native.rs|s/^pub struct Total(AtomicU64);/#[repr(align(16))] pub struct Total(AtomicU64);/
cardinality_attack|what does not fit is kept on the heap|core/src/family/keyed.rs|s/if labels.is_sorted() => return self.overflow.cell(0),/if labels.is_sorted() => { extern crate std; std::mem::forget(std::vec![0_u8; 64]); return self.overflow.cell(0) }/
scrape_text|each piece of text is copied to the heap|core/src/encode/lines.rs|s/out.write(piece.as_bytes())/{ extern crate std; out.write(core::hint::black_box(\&std::vec::Vec::from(piece.as_bytes()))) }/
collect_otlp|names that Prometheus takes are spelled anew|core/src/family/keyed.rs|s/let prometheus = if is_plain(name) { name } else { underscored(name, room.as_flattened_mut()) };/let prometheus = core::hint::black_box((0..8).fold("", |_, _| { room = [[0; BYTES]; WORDS]; core::hint::black_box(underscored(name, room.as_flattened_mut()).len()); name }));/
http_layer|thirty strings are made for each request|std-adapter/src/instrument/http/layer.rs|s/count(self.method, route, status, self.error, duration);/(0..30).for_each(|n| drop(std::hint::black_box(format!("request {n}")))); &/
FAULTS
)

# The goals that a benchmark misses in the middle one of its processes, each as it is told.
missed() {
  # It fails when it misses a goal in bytes, too.
  (cd "$copy" && ci/bench.sh "$1") > "$copy/target/log" 2>&1 || true
  grep -q ' goals met\.$' "$copy/target/log" || {
    cat "$copy/target/log" >&2
    return 1
  }
  sed -n 's/^- MISSED: `[^`]*`, //p' "$copy/target/log"
}

# What is missed, without by how much.
goals() { sed -E 's/(threads: [0-9]+): .*, goal /\1, goal /; s/\. (Bare|Two) .*//; s/\.$//' | sort; }

sound() { without=$(missed "$1"); }

faulty() {
  local with goal
  with=$(missed "$1") || { outcome="DID NOT RUN"; return 1; }
  goal=$(comm -13 <(goals <<< "$without") <(goals <<< "$with") | head -n 1)
  [ -n "$goal" ] || { outcome="NOT NOTICED"; return 1; }
  outcome="missed: $goal"
}

copy_sources "${CARGO_TARGET_DIR:-$PWD/target}/bench-faults"
mkdir -p "$copy/target"
try_faults "$faults" "$@"
