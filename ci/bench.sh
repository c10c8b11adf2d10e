#!/usr/bin/env bash
# Measures us beside the peers, prints one table, and writes benches/RESULTS.md, its plots and the table in README.md.
#
# ci/bench.sh [--quick] [NAME...]   all benchmarks, or those named; --quick takes fewer rounds, in one process
#
# With --quick or a name it is for a look only, and writes nothing. Leave the machine alone meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

# An odd number of processes has a middle one.
processes=7
rounds=15
names=()
write=write
for argument in "$@"; do
  case $argument in
    --quick) processes=1 rounds=7 write= ;;
    *) names+=("$argument") write= ;;
  esac
done
if [ ${#names[@]} -eq 0 ]; then
  mapfile -t names < <(sed -n '/^\[\[bench\]\]/{n;s/^name = "\(.*\)"/\1/p}' benches/Cargo.toml)
fi

folder=${CARGO_TARGET_DIR:-target}
mkdir -p "$folder"
PICOMETER_BENCH_RESULTS=$(realpath "$folder")/bench.tsv
export PICOMETER_BENCH_RESULTS
rm -f "$PICOMETER_BENCH_RESULTS"

echo "building"
cargo build --quiet --release --package picometer-benches --benches --bins
for name in "${names[@]}"; do
  runs=$processes
  case $name in
    # What is exact is so in one process.
    memory | cardinality_attack) runs=1 ;;
  esac
  for run in $(seq "$runs"); do
    echo "== $name, process $run of $runs ($SECONDS s)"
    cargo bench --quiet --package picometer-benches --bench "$name" -- --rounds "$rounds" > /dev/null
  done
done
echo
"$folder/release/report" "$PICOMETER_BENCH_RESULTS" $write
