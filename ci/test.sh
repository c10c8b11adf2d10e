#!/usr/bin/env bash
# Every check. Installs what it needs on Debian, then fails on the first thing that is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

step "install the peers";       ci/install.sh
step "formatting";              cargo fmt --all --check
                                cargo fmt --manifest-path core/firmware/Cargo.toml --check
                                cargo fmt --manifest-path fuzz/Cargo.toml --check
step "lints";                   cargo clippy --workspace --all-targets -- -D warnings
                                cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target -- -D warnings
step "tests, with the peers";   PICOMETER_REQUIRE_PEERS=1 cargo test --workspace
step "exactness at full size";  cargo test --release --package picometer --test keyed --test exponential
step "documentation";           RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
step "words of 32 bits";        ci/32-bit.sh
step "bare metal";              ci/no-std.sh
step "no panic, no alloc";      ci/no-panic.sh
step "firmware, in QEMU";       ci/firmware.sh
step "interleavings";           ci/loom.sh; ci/loom.sh --broken
step "data races";              ci/tsan.sh; ci/tsan.sh --broken
step "instruction counts";      ci/icount.sh
step "benchmarks, a look";      ci/bench.sh --quick
step "fuzzing";                 ci/fuzz.sh 20
step "done"
