#!/usr/bin/env bash
# Checks every interleaving of the code that threads share, with loom's atomics in place of the real ones.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo test --quiet --release --package picometer --target-dir "${CARGO_TARGET_DIR:-target}/loom" --lib --test loom "$@"
