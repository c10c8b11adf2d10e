#!/usr/bin/env bash
# Shows that the fuzz targets find what they are there for: puts one fault at a time into a copy of the sources, and
# expects the target to find it.
#
#   ci/fuzz-faults.sh SECONDS [TARGET...]    each fault must be found within so long
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-}
[[ $seconds =~ ^[0-9]+$ ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shift
wanted=" $* "

# target | what is wrong | file | how sed makes it so
faults=$(cat << 'FAULTS'
learned_label|what does not fit is counted as the last name|core/src/label/learned.rs|s/unwrap_or(CAPACITY))/unwrap_or(CAPACITY - 1))/
families|what does not fit is counted in the last series|core/src/family/sparse.rs|s/None => self.overflow.cell(0),/None => self.cells.cell(SERIES - 1),/
families|the first stripe stands for all|core/src/stripe.rs|s/each_ref().map(|Lines(stripe)| stripe/each_ref().map(|_| \&self.stripes[0].0).map(|stripe| stripe/
keyed|the first value of a key counts|core/src/family/keyed.rs|s/\*place = \*label;/{}/
keyed|a label too many is taken|core/src/family/keyed.rs|s/labels.len() <= MAX_LABELS/labels.len() <= 1 + MAX_LABELS/
keyed|a reserved name is taken|core/src/family/keyed.rs|s/!RESERVED.contains(&name)/!RESERVED[1..].contains(\&name)/
histogram|a value on a bound is above it|core/src/instrument/histogram.rs|s/\*\*bound < value/**bound <= value/
prometheus_text|a quote in a label value is not escaped|core/src/encode/lines.rs|s/escaped(self.out, value, b"\\\\\\n\\"")/escaped(self.out, value, b"\\\\\\n")/
openmetrics_text|a line end in a label value is not escaped|core/src/encode/lines.rs|s/escaped(self.out, value, b"\\\\\\n\\"")/escaped(self.out, value, b"\\\\\\"")/
otlp|a total above the range of integers becomes negative|core/src/encode/otlp/write.rs|s/Number::Unsigned(value) if i64::try_from(value).is_ok() =>/Number::Unsigned(value) =>/
config|a longer timeout than the longest is taken|std-adapter/src/config/parse.rs|s/LONGEST_MILLIS: u64 = i32::MAX as u64/LONGEST_MILLIS: u64 = i32::MAX as u64 + 1/
headers|the second header is lost|std-adapter/src/config/parse.rs|0,/if entry.is_empty() {/s//if entry.is_empty() || index == 1 {/
headers|a warning shows a value|std-adapter/src/config/parse.rs|s/"does not decode to UTF-8".to_string()/format!("does not decode: {value}")/
endpoint|a password with an @ in it is shown|std-adapter/src/export/otlp/endpoint.rs|s/shown.rsplit_once('@')/shown.split_once('@')/
endpoint|a password with a ? in it is shown|std-adapter/src/export/otlp/endpoint.rs|s/query.contains('@')/false/
resource|values of keys that become one are joined wrongly|std-adapter/src/resource.rs|s/there.push(';')/there.push(',')/
sql_statement|a comment hides the table|std-adapter/src/instrument/sqlite/statement.rs|/fn name/,/return None/s/self.skip_blanks();/self.rest = self.rest.trim_ascii_start();/
http|some requests are not counted|std-adapter/src/instrument/http/layer.rs|s/record(self.method, self.route, self.status, self.begun.elapsed());/if self.status != 422 { & }/
http|a refusal is not explained|server/src/api/error.rs|s/"detail": issues/"details": issues/
http|a header without a blank fails the service|server/src/api/extract.rs|s/to_str().ok()?.split_once(' ')?;/to_str().ok()?.split_once(' ').unwrap();/
FAULTS
)

# Always the same place: what is not touched by a fault is built once.
copy=${CARGO_TARGET_DIR:-$PWD/fuzz/target}/faults
# A target folder of its own: cargo takes packages of the same name and place for the same, and the next build of the good
# sources would find itself done.
export CARGO_TARGET_DIR=$copy/target
binaries=$CARGO_TARGET_DIR/$(rustc +nightly -vV | sed -n 's/^host: //p')/release
while IFS= read -r -d '' file; do
  cmp -s "$file" "$copy/$file" || install -D "$file" "$copy/$file"
done < <(git ls-files -z)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rows=()
failed=0
while IFS='|' read -r target fault file change; do
  [ "$wanted" = "  " ] || [[ $wanted == *" $target "* ]] || continue
  echo "fuzz-faults: $target: $fault" >&2
  cp "$file" "$work/good"
  sed "$change" "$file" > "$copy/$file"
  if cmp -s "$work/good" "$copy/$file"; then
    echo "fuzz-faults: nothing changed in $file: the fault is out of date" >&2
    failed=1
    continue
  fi
  # As ci/fuzz.sh builds them.
  options=(--no-default-features)
  wrapper=
  if [ "$target" = http ]; then options=(--no-trace-compares) wrapper=$copy/ci/fuzz-rustc.sh; fi
  (cd "$copy" && RUSTC_WRAPPER=$wrapper cargo +nightly fuzz build --sanitizer none "${options[@]}" "$target" 2> "$work/build") || {
    cat "$work/build" >&2
    exit 1
  }
  cp "$binaries/$target" "$work/$target"
  mkdir -p "$work/new"
  begun=$(date +%s%N)
  outcome="NOT FOUND in $seconds s"
  if "$work/$target" -max_total_time="$seconds" -max_len=600 -len_control=0 -artifact_prefix="$work/" "$work/new" "fuzz/corpus/$target" \
    > "$work/log" 2>&1; then
    failed=1
  elif grep -a -q 'panicked at' "$work/log"; then
    outcome="found in $((($(date +%s%N) - begun) / 1000000)) ms"
  else
    tail -n 20 "$work/log" >&2
    outcome="ended without a panic"
    failed=1
  fi
  rm -rf "$work/new"
  cp "$work/good" "$copy/$file"
  rows+=("$target|$fault|$outcome")
done <<< "$faults"

{
  echo "target|fault|outcome"
  printf '%s\n' "${rows[@]}"
} | column -t -s '|'
exit $failed
