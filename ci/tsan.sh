#!/usr/bin/env bash
# Runs the core's tests of concurrency under ThreadSanitizer, with a standard library that is instrumented too.
#
# `ci/tsan.sh --broken` checks the sanitizer: a data race in a scratch crate, built the same way, must be reported.
#
# The core forbids `unsafe`, so a data race in it would be a compiler's or a dependency's; what this adds to loom is the
# real atomics on real threads. Debian's rustc-web comes with the sources of the standard library but without the
# sanitizer's runtime, which the stable toolchain of rustup has.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
runtime=$(rustc --print target-libdir)/librustc-stable_rt.tsan.a
folder=$PWD/target/tsan
for needed in /usr/bin/rustc "$runtime"; do
  [ -e "$needed" ] || { echo "tsan: $needed is missing: run ci/install.sh, with rustup's stable toolchain" >&2; exit 1; }
done

# The runtime is linked by hand, as rustc would, so that nothing is copied to the folders of the system.
link="-Zpre-link-arg=-Wl,--whole-archive -Zpre-link-arg=$runtime -Zpre-link-arg=-Wl,--no-whole-archive"
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt $link -Clink-arg=-Wl,--export-dynamic"
export TSAN_OPTIONS="halt_on_error=1"
sanitized=(-Zbuild-std --target "$target" --target-dir "$folder")

if [ "${1:-}" != --broken ]; then
  cargo test --quiet --package picometer "${sanitized[@]}" --test concurrent --test keyed --test usage "$@"
  exit
fi

race=$folder/race
mkdir -p "$race/src"
cat > "$race/Cargo.toml" << 'END'
[package]
name = "race"
edition = "2024"
[workspace]
END
cat > "$race/src/main.rs" << 'END'
use std::sync::atomic::{AtomicBool, Ordering};

static mut VALUE: u64 = 0;
static READY: AtomicBool = AtomicBool::new(false);

/// Publishes a value with the ordering that is asked for: only a release makes it one.
fn main() {
    let order = if std::env::args().nth(1).as_deref() == Some("relaxed") { Ordering::Relaxed } else { Ordering::Release };
    let writer = std::thread::spawn(move || {
        unsafe { VALUE = 1 };
        READY.store(true, order);
    });
    while !READY.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
    assert_eq!(unsafe { VALUE }, 1);
    writer.join().unwrap();
}
END
cargo build --quiet --manifest-path "$race/Cargo.toml" "${sanitized[@]}"
program=$folder/$target/debug/race
"$program" release || { echo "tsan: a program without a race is reported" >&2; exit 1; }
if "$program" relaxed 2> "$race/report"; then
  echo "tsan: a data race is not reported" >&2
  exit 1
fi
grep -q 'WARNING: ThreadSanitizer: data race' "$race/report" || { cat "$race/report" >&2; exit 1; }
echo "tsan: a publication is clean with a release, and a data race without"
