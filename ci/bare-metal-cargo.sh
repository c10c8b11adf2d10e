# Sourced by the scripts that build for bare metal.
#
# `bare_metal_cargo TARGET ARGUMENTS...` runs cargo with these arguments for this target. It prefers a target that rustup
# has installed. Where there is none, Debian's rustc-web, which comes with the sources of `core`, builds that as well,
# and Debian's linker links.
bare_metal_cargo() {
  local target=$1 libraries
  shift
  libraries=$(rustc --print target-libdir --target "$target" 2>/dev/null || true)
  if [ -n "$libraries" ] && [ -d "$libraries" ]; then
    cargo "$@" --target "$target"
  else
    local linker=${target^^}
    linker=CARGO_TARGET_${linker//-/_}_LINKER
    env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc "$linker=ld.lld" cargo "$@" --target "$target" -Zbuild-std=core
  fi
}
