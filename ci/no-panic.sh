#!/usr/bin/env bash
# Proves that recording, visiting and encoding cannot panic and do not allocate: a program whose panic handler calls a
# function that nobody defines links only if no panic path is left in it. Then sees the proof fail on a program with an
# index out of bounds.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/bare-metal-cargo.sh

target=thumbv7m-none-eabi
folder=$PWD/target/firmware
program=$folder/$target/release/no-panic

build() { (cd core/firmware && bare_metal_cargo "$target" build --quiet --locked --release --bin no-panic --target-dir "$folder" "$@"); }

# What a firmware is built with where flash matters: what is not inlined is not optimised away either.
for level in z s; do
  CARGO_PROFILE_RELEASE_OPT_LEVEL=$level build
  if nm "$program" | grep -E '9panicking|__rust_alloc|5alloc'; then
    echo "no-panic: the program has symbols of panicking or alloc" >&2
    exit 1
  fi
  size "$program" | awk -v level=$level 'NR == 2 {
    print "no-panic: opt-level " level ": nothing can panic or allocate; flash " $1 + $2 ", RAM " $2 + $3 " bytes"
  }'
done

log=$folder/no-panic-broken.log
if build --features broken 2> "$log"; then
  echo "no-panic: a program with an index out of bounds links: the proof proves nothing" >&2
  exit 1
fi
if ! grep -q 'undefined symbol: nothing_here_can_panic' "$log"; then
  cat "$log" >&2
  echo "no-panic: the broken program does not link, but for another reason" >&2
  exit 1
fi
echo "no-panic: the proof fails on a program with an index out of bounds, as it must"
