#!/usr/bin/env bash
# Stands in for rustc when the target http is built (RUSTC_WRAPPER): only the crates of this repository, and those that
# take a request apart, are watched by the fuzzer and check their debug assertions. Watching the runtime and the password
# hash, too, takes much of the time of a run and leads the fuzzer into what is not tested here. Cargo does not look into
# this script: after a change to it, remove fuzz/target.
set -euo pipefail

parsers=" email_address form_urlencoded http matchit percent-encoding serde_urlencoded "

if [[ ${CARGO_MANIFEST_DIR:-} == "$(realpath "$(dirname "$0")/..")"/* || $parsers == *" ${CARGO_PKG_NAME:-} "* ]]; then
  exec "$@"
fi
arguments=()
for argument in "$@"; do
  case $argument in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-* | -Cdebug-assertions) ;;
    *) arguments+=("$argument") ;;
  esac
done
exec "${arguments[@]}"
