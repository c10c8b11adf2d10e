#!/usr/bin/env bash
# Builds picometer for bare metal: no std, no alloc, with and without compare-exchange in hardware. Sees it refuse pointers
# of 16 bits.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/bare-metal-cargo.sh

targets=(thumbv6m-none-eabi thumbv7em-none-eabihf)
folder=target/no-std

for target in "${targets[@]}"; do
  features=()
  # Cortex-M0 has no compare-exchange: the final binary chooses what stands in for it.
  [ "$target" != thumbv6m-none-eabi ] || features=(--features portable-atomic/critical-section)
  bare_metal_cargo "$target" build --quiet --release --package picometer --target-dir "$folder" "${features[@]}"
  library=$(find "$folder/$target/release" -maxdepth 1 -name 'libpicometer.rlib')
  # With only `core` built, a use of `alloc` or `std` does not link; look for their symbols all the same.
  if nm --demangle "$library" 2>/dev/null | grep -E ' (alloc|std)::'; then
    echo "no-std: $target: the library refers to alloc or std" >&2
    exit 1
  fi
  echo "no-std: $target builds without std and alloc"
done

# A target that it is not for: one sentence, and nothing else.
log=$folder/16-bit.log
if bare_metal_cargo msp430-none-elf check --quiet --package picometer --target-dir "$folder" 2> "$log"; then
  echo "no-std: picometer builds for pointers of 16 bits, which it is not for" >&2
  exit 1
fi
reason=$(grep -v '^error: build script logged errors$' "$log")
if [[ $reason != "error: picometer@"*": picometer needs a target whose pointers have 32 bits or more" ]]; then
  cat "$log" >&2
  echo "no-std: the build for pointers of 16 bits fails, but not with one sentence that says why" >&2
  exit 1
fi
echo "no-std: $reason"
