#!/usr/bin/env bash
# Fuzzes: replays the committed corpus of each target, then looks for new inputs.
#
#   ci/fuzz.sh SECONDS [TARGET...]       each target for so long
#   ci/fuzz.sh --runs N [TARGET...]      each target for so many executions
#   ci/fuzz.sh --minimise [TARGET...]    the corpus becomes the smallest that reaches all that was reached so far
#
# Without targets: all of them. It fails when something was found, and says how to see it again. With sql_statement, the
# reader of SQL is first compared with SQLite on 1,100,000 statements by its grammar, or with --runs on N.
#
# There is no sanitizer: picometer, picometer-std and the server forbid unsafe code, and without one the targets run
# faster. SANITIZER=address brings it back, for the sake of SQLite and the other dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
how=time
case "${1:-}" in
  --runs) how=runs; amount=${2:-}; shift 2 || usage ;;
  --minimise) how=minimise; amount=0; shift ;;
  *) amount=${1:-}; shift || usage ;;
esac
[[ $amount =~ ^[0-9]+$ ]] || usage
sanitizer=${SANITIZER:-none}

command -v cargo-fuzz > /dev/null || cargo install --locked cargo-fuzz
cargo +nightly --version > /dev/null 2>&1 || rustup toolchain install nightly --profile minimal
mapfile -t all < <(sed -n '/^\[\[bin\]\]/,/^name/s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml)
targets=("${@:-${all[@]}}")
for target in "${targets[@]}"; do
  [[ " ${all[*]} " == *" $target "* ]] || { echo "fuzz: there is no target $target; there are ${all[*]}" >&2; exit 2; }
done

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/fuzz/target}
build=(cargo +nightly fuzz build --sanitizer "$sanitizer")
mapfile -t others < <(printf '%s\n' "${targets[@]}" | grep -vx http)
if [ ${#others[@]} -lt ${#targets[@]} ]; then
  # What the service compares is seldom a piece of the input, and watching it costs a fourth of the time.
  RUSTC_WRAPPER=$PWD/ci/fuzz-rustc.sh "${build[@]}" --no-trace-compares http
fi
# Without the target that drives the server, the server need not be built.
build+=(--no-default-features)
if [ ${#others[@]} -eq 1 ]; then build+=("${others[0]}"); fi
[ ${#others[@]} -eq 0 ] || "${build[@]}"
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

# Fuzzes one target; leaves its row of the table, and how to see again what was found.
fuzz() {
  local target=$1 log=$binaries/$1.log artifacts=fuzz/artifacts/$1/ outcome=nothing limit=() input coverage
  mkdir -p "$seen/$target" "fuzz/corpus/$target" "$artifacts"
  # Ends with this script, however that ends.
  local run=(setpriv --pdeathsig KILL "$binaries/$target")
  if "${run[@]}" -runs=0 -artifact_prefix="$artifacts" "fuzz/corpus/$target" > "$log" 2>&1; then
    limit=(-max_total_time="$amount")
    [ $how = time ] || limit=(-runs="$amount")
    # Slow, so that it must not begin with inputs too short for a request, nor weigh each by how rare is what it reaches.
    [ "$target" != http ] || limit+=(-len_control=0 -entropic=0)
    "${run[@]}" "${limit[@]}" -timeout=30 -max_len=$max_len -print_final_stats=1 \
      -artifact_prefix="$artifacts" "$seen/$target" "fuzz/corpus/$target" > "$log" 2>&1 || outcome=a
  else
    outcome=a
  fi
  if [ $outcome != nothing ]; then
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    outcome=${input:-"no input, see above"}
    { grep -a -A 3 'panicked at' "$log" || tail -n 20 "$log"; } >&2
    local wrapper='' options=''
    if [ "$target" = http ]; then wrapper='RUSTC_WRAPPER=$PWD/ci/fuzz-rustc.sh ' options=' --no-trace-compares'; fi
    echo "  ${wrapper}cargo +nightly fuzz run --sanitizer $sanitizer$options $target $outcome" > "$binaries/$target.found"
  fi
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
  coverage=$(grep -a -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2) || true
  echo "$target|$(stat number_of_executed_units)|$(stat average_exec_per_sec)|$coverage|$outcome" > "$binaries/$target.row"
}

# Compares the reader of SQL with SQLite; leaves a row and how to see it again, too.
compare() {
  local statements=1100000 log=$binaries/grammar.log outcome=nothing
  [ $how = time ] || statements=$amount
  statements=${PICOMETER_STATEMENTS:-$statements}
  local test=(cargo test --release --target-dir target -p picometer-std --test grammar the_reader_agrees_with)
  echo "fuzz: sql_statement: $statements statements beside SQLite" >&2
  [ "$statements" = 0 ] || PICOMETER_STATEMENTS=$statements "${test[@]}" > "$log" 2>&1 || {
    { grep -a -A 8 'panicked at' "$log" || tail -n 20 "$log"; } >&2
    outcome="statements, see above"
    echo "  PICOMETER_STATEMENTS=$statements ${test[*]}" > "$binaries/grammar.found"
  }
  echo "sql grammar|$statements|-|-|$outcome" > "$binaries/grammar.row"
}

# Shows where the runs are, every ten seconds.
watch() {
  local target
  while sleep 10; do
    for target in "${targets[@]}"; do
      [ -e "$binaries/$target.row" ] || [ ! -e "$binaries/$target.log" ] || {
        printf '%16s  %s\n' "$target" "$(grep -a '^#' "$binaries/$target.log" | tail -n 1 | cut -c 1-100)"
      }
    done
  done >&2
}

[[ " ${targets[*]} " != *" sql_statement "* ]] || compare
# As many at once as there are processors.
watch &
watching=$!
for target in "${targets[@]}"; do
  while [ "$(jobs -pr | wc -l)" -gt "$(nproc)" ]; do wait -n || true; done
  echo "fuzz: $target: $(find "fuzz/corpus/$target" -type f 2> /dev/null | wc -l) known inputs, then new ones" >&2
  fuzz "$target" &
done
while [ "$(jobs -pr | wc -l)" -gt 1 ]; do wait -n || true; done
kill $watching

{
  echo "target|executions|exec/s|coverage|found"
  for target in "${targets[@]}" grammar; do
    [ ! -e "$binaries/$target.row" ] || cat "$binaries/$target.row"
  done
} | column -t -s '|'
if compgen -G "$binaries/*.found" > /dev/null; then
  printf '\nTo see it again:\n'
  cat "$binaries"/*.found
  exit 1
fi
