#!/usr/bin/env bash
# Builds picometer for bare metal: no std, no alloc, with and without compare-exchange in hardware.
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
