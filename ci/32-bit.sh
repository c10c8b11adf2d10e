#!/usr/bin/env bash
# Runs the core's tests where a word has 32 bits: 32-bit x86 programs run on an x86-64 machine as they are. Debian's
# rustc-web comes with the sources of `std`, which is built as well, since rustup may not have this target installed.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -e /usr/lib32/crt1.o ] || { echo "32-bit: needs a linker for 32-bit programs: apt-get install gcc-multilib" >&2; exit 1; }
env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
  cargo test --quiet --package picometer --lib --tests --target i686-unknown-linux-gnu \
  -Zbuild-std=std,panic_unwind,test --target-dir target/32-bit
echo "32-bit: the tests of picometer pass"
