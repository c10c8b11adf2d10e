# Sourced by the scripts that build for bare metal.
#
# `bare_metal_cargo TARGET COMMAND ARGUMENTS...` runs this command of cargo for this target. It prefers a target that
# rustup has installed. Where there is none, Debian's rustc-web, which comes with the sources of `core`, builds that as
# well, and Debian's linker links.
bare_metal_cargo() {
  local target=$1 command=$2 libraries linker
  shift 2
  libraries=$(rustc --print target-libdir --target "$target" 2>/dev/null || true)
  if [ -n "$libraries" ] && [ -d "$libraries" ]; then
    cargo "$command" --target "$target" "$@"
  else
    linker=${target^^}
    linker=CARGO_TARGET_${linker//-/_}_LINKER
    env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc "$linker=ld.lld" \
      cargo "$command" --target "$target" -Zbuild-std=core "$@"
  fi
}
