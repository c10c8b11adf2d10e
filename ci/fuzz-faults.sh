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
. ci/faults.sh

# target | what is wrong | file | how sed makes it so
faults=$(cat << 'FAULTS'
learned_label|what does not fit is counted as the last name|core/src/label/learned.rs|s/unwrap_or(CAPACITY))/unwrap_or(CAPACITY - 1))/
families|what does not fit is counted in the last series|core/src/family/sparse.rs|s/None => self.overflow.cell(0),/None => self.cells.cell(SERIES - 1),/
families|the first stripe stands for all|core/src/stripe.rs|s/each_ref().map(|Lines(stripe)| stripe/each_ref().map(|_| \&self.stripes[0].0).map(|stripe| stripe/
keyed|the first value of a key counts|core/src/family/keyed.rs|s/\*place = \*label;/{}/
keyed|a label too many is taken|core/src/family/keyed.rs|s/labels.len() <= MAX_LABELS/labels.len() <= 1 + MAX_LABELS/
keyed|a reserved name is taken|core/src/family/keyed.rs|s/!RESERVED.contains(/!RESERVED[1..].contains(/
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
sql_statement|a comment hides the table|std-adapter/src/instrument/sqlite/statement/tokens.rs|/fn next(&mut self)/,/first/s/self.skip_blanks();/self.rest = self.rest.trim_ascii_start();/
http|some requests are not counted|std-adapter/src/instrument/http/layer.rs|s/count(self.method, route, status, self.error, duration);/if status != Some(422) { & }/
http|a refusal is not explained|server/src/api/error.rs|s/"detail": issues/"details": issues/
http|a header without a blank fails the service|server/src/api/extract.rs|s/to_str().ok()?.split_once(' ')?;/to_str().ok()?.split_once(' ').unwrap();/
FAULTS
)

# The good sources pass, once for each target: what cannot even start finds nothing.
passed=" "
sound() {
  [[ $passed != *" $1 "* ]] || return 0
  (cd "$copy" && PICOMETER_STATEMENTS=0 ci/fuzz.sh --runs 0 "$1") > "$copy/target/log" 2>&1 || { tail -n 20 "$copy/target/log" >&2; return 1; }
  passed+="$1 "
}

faulty() {
  local log=$copy/target/log
  rm -rf "$copy/target/corpus" "$copy/fuzz/artifacts"
  if (cd "$copy" && PICOMETER_STATEMENTS=0 ci/fuzz.sh "$seconds" "$1") > "$log" 2>&1; then
    outcome="NOT FOUND in $seconds s"
    return 1
  fi
  # The last line but one of a run that found something: a build that fails is no find.
  grep -a -q '^To see it again:' "$log" && grep -a -q 'panicked at' "$log" || { outcome="FAILED without a panic"; tail -n 20 "$log" >&2; return 1; }
  outcome="found: $(grep -a -A 1 -m 1 'panicked at' "$log" | tail -n 1 | cut -c 1-60)"
}

copy_sources "${CARGO_TARGET_DIR:-$PWD/fuzz/target}/faults"
mkdir -p "$copy/target"
try_faults "$faults" "$@"
