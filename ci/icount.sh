#!/usr/bin/env bash
# Counts the instructions of every hot path and encoder with callgrind, which gives the same figure in each run, and
# fails when one has grown by more than 3 % over `benches/icount.txt`. `--update` writes that file anew.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v valgrind > /dev/null || { echo "icount: needs valgrind: apt-get install valgrind" >&2; exit 1; }
cargo build --quiet --release --package picometer-benches --bin icount
binary=${CARGO_TARGET_DIR:-target}/release/icount
folder=${CARGO_TARGET_DIR:-target}/icount
baseline=benches/icount.txt
mkdir -p "$folder"

# Instructions of one operation of a path.
count() {
  rm -f "$folder/$1.out"
  valgrind --tool=callgrind --callgrind-out-file="$folder/$1.out" --collect-atstart=no \
    --toggle-collect="icount::$1" "$binary" "$1" > /dev/null 2> "$folder/$1.log" || {
    tail -n 20 "$folder/$1.log" >&2
    return 1
  }
  awk -v n="$2" '/^(summary|totals):/ { printf "%.1f", $2 / n; exit }' "$folder/$1.out"
}

paths=$("$binary")
failed=0
printf '%-20s %12s %12s %8s\n' path baseline now change
: > "$folder/now.txt"
while read -r path operations; do
  now=$(count "$path" "$operations") || { echo "icount: $path failed" >&2; exit 1; }
  # A path that the compiler has merged with another is not there to be counted.
  [[ $now =~ ^[0-9]+\.[0-9]$ && $now != 0.0 ]] || { echo "icount: $path was not counted: '$now'" >&2; exit 1; }
  echo "$path $now" >> "$folder/now.txt"
  before=$(awk -v path="$path" '$1 == path { print $2 }' "$baseline" 2>/dev/null || true)
  change=$(awk -v now="$now" -v before="${before:-0}" 'BEGIN { if (before) printf "%+.1f%%", (now / before - 1) * 100; else print "new" }')
  printf '%-20s %12s %12s %8s\n' "$path" "${before:--}" "$now" "$change"
  awk -v now="$now" -v before="${before:-0}" 'BEGIN { exit before && now > before * 1.03 }' || {
    echo "icount: $path takes more than 3 % more instructions than $baseline says" >&2
    failed=1
  }
done <<< "$paths"

if [ "${1:-}" = --update ]; then
  cp "$folder/now.txt" "$baseline"
  echo "icount: wrote $baseline"
  exit 0
fi
while read -r path _; do
  grep -q "^$path " "$folder/now.txt" || { echo "icount: $path of $baseline is not there any more: --update" >&2; failed=1; }
done < "$baseline"
exit $failed
