#!/usr/bin/env bash
# Builds picometer for bare metal: no std, no alloc, with and without compare-exchange in hardware.
#
# Prefers targets that rustup has installed. Where it has none, Debian's rustc-web, which comes with the sources of
# `core`, builds that as well.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(thumbv6m-none-eabi thumbv7em-none-eabihf)
folder=target/no-std

for target in "${targets[@]}"; do
  features=()
  # Cortex-M0 has no compare-exchange: the final binary chooses what stands in for it.
  [ "$target" != thumbv6m-none-eabi ] || features=(--features portable-atomic/critical-section)
  build=(cargo build --quiet --release --package picometer --target "$target" --target-dir "$folder" "${features[@]}")
  if rustc --print target-libdir --target "$target" 2>/dev/null | xargs -r test -d; then
    "${build[@]}"
  else
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc "${build[@]}" -Zbuild-std=core
  fi
  library=$(find "$folder/$target/release" -maxdepth 1 -name 'libpicometer.rlib')
  # With only `core` built, a use of `alloc` or `std` does not link; look for their symbols all the same.
  if nm --demangle "$library" 2>/dev/null | grep -E ' (alloc|std)::'; then
    echo "no-std: $target: the library refers to alloc or std" >&2
    exit 1
  fi
  echo "no-std: $target builds without std and alloc"
done
