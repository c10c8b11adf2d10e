#!/usr/bin/env bash
# Fuzzes: replays the committed corpus of each target, then looks for new inputs.
#
#   ci/fuzz.sh SECONDS [TARGET...]       each target for so long
#   ci/fuzz.sh --runs N [TARGET...]      each target for so many executions
#   ci/fuzz.sh --minimise [TARGET...]    the corpus becomes the smallest that reaches all that was reached so far
#
# Without targets: all of them. It fails when something was found, and says how to see it again.
#
# There is no sanitizer: picometer, picometer-std and the server forbid unsafe code, and without one the targets run
# faster. SANITIZER=address brings it back, for the sake of SQLite and the other dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
how=time
case "${1:-}" in
  --runs) how=runs; amount=${2:-}; shift 2 || usage ;;
  --minimise) how=minimise; amount=0; shift ;;
  *) amount=${1:-}; shift || usage ;;
esac
[[ $amount =~ ^[0-9]+$ ]] || usage
sanitizer=${SANITIZER:-none}

command -v cargo-fuzz > /dev/null || cargo install --locked cargo-fuzz
mapfile -t all < <(sed -n '/^\[\[bin\]\]/,/^name/s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml)
targets=("${@:-${all[@]}}")
for target in "${targets[@]}"; do
  [[ " ${all[*]} " == *" $target "* ]] || { echo "fuzz: there is no target $target; there are ${all[*]}" >&2; exit 2; }
done

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/fuzz/target}
# Without the target that drives the server, the server need not be built.
build=(cargo +nightly fuzz build --sanitizer "$sanitizer")
[[ " ${targets[*]} " == *" http "* ]] || build+=(--no-default-features)
if [ ${#targets[@]} -eq 1 ]; then build+=("${targets[0]}"); fi
"${build[@]}"
# Copied, so that a build meanwhile changes nothing.
binaries=$(mktemp -d)
trap 'rm -rf "$binaries"; kill $(jobs -p) 2> /dev/null || true' EXIT
for target in "${targets[@]}"; do
  cp "$CARGO_TARGET_DIR/$(rustc +nightly -vV | sed -n 's/^host: //p')/release/$target" "$binaries/"
done
# What was found interesting so far, kept from one run to the next but not committed.
seen=$CARGO_TARGET_DIR/corpus
# Long inputs make few executions; these are enough for a dozen recordings with labels. MAX_LEN sets another limit.
max_len=${MAX_LEN:-600}

if [ $how = minimise ]; then
  for target in "${targets[@]}"; do
    new=$(mktemp -d)
    mkdir -p "$seen/$target" "fuzz/corpus/$target"
    # Edges alone, not how often each was passed: the corpus is to be small.
    "$binaries/$target" -set_cover_merge=1 -use_counters=0 -max_len=$max_len "$new" "fuzz/corpus/$target" "$seen/$target" 2> /dev/null
    rm -r "fuzz/corpus/$target"
    chmod 755 "$new"
    mv "$new" "fuzz/corpus/$target"
    echo "$target: $(find "fuzz/corpus/$target" -type f | wc -l) files, $(cat "fuzz/corpus/$target"/* | wc -c) bytes"
  done
  exit
fi

# Shows where a run is, every ten seconds.
watch() {
  while sleep 10; do
    printf '  %s\n' "$(grep -a '^#' "$1" | tail -n 1)" >&2
  done
}

rows=()
found=()
for target in "${targets[@]}"; do
  mkdir -p "$seen/$target" "fuzz/corpus/$target" "fuzz/artifacts/$target"
  artifacts=fuzz/artifacts/$target/
  log=$binaries/$target.log
  outcome=nothing
  echo "fuzz: $target: replaying $(find "fuzz/corpus/$target" -type f | wc -l) inputs" >&2
  if "$binaries/$target" -runs=0 -artifact_prefix="$artifacts" "fuzz/corpus/$target" > "$log" 2>&1; then
    echo "fuzz: $target: looking for more" >&2
    watch "$log" &
    limit=(-max_total_time="$amount")
    [ $how = time ] || limit=(-runs="$amount")
    # Slow, so that it must not begin with inputs too short for a request.
    [ "$target" != http ] || limit+=(-len_control=0)
    "$binaries/$target" "${limit[@]}" -timeout=30 -max_len=$max_len -print_final_stats=1 \
      -artifact_prefix="$artifacts" "$seen/$target" "fuzz/corpus/$target" > "$log" 2>&1 || outcome=a
    kill %% 2> /dev/null || true
    wait %% 2> /dev/null || true
  else
    outcome=a
  fi
  if [ $outcome != nothing ]; then
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    outcome=${input:-"no input, see above"}
    grep -a -A 3 'panicked at' "$log" >&2 || tail -n 20 "$log" >&2
    found+=("cargo +nightly fuzz run --sanitizer $sanitizer $target $outcome")
  fi
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
  coverage=$(grep -a -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2)
  rows+=("$target|$(stat number_of_executed_units)|$(stat average_exec_per_sec)|$coverage|$outcome")
done

{
  echo "target|executions|exec/s|coverage|found"
  printf '%s\n' "${rows[@]}"
} | column -t -s '|'
if [ ${#found[@]} -gt 0 ]; then
  printf '\nTo see it again:\n'
  printf '  %s\n' "${found[@]}"
  exit 1
fi
