# Sourced by the scripts that show that checks notice what they are there for: puts one fault at a time into a copy of
# the sources.
#
# `copy_sources FOLDER` keeps the copy in FOLDER, where what no fault touches is built once, with a target folder of its
# own: cargo takes packages of the same name and place for the same, and the next build of the good sources would find
# itself done.
#
# `try_faults LIST [NAME...]` takes a line `name|what is wrong|file|how sed makes it so` for each fault, or those of these
# names, calls `sound NAME` on the sources as they are and `faulty NAME` with the fault in them, and prints a table with
# `outcome`, which these leave. It fails when `faulty` does.

copy_sources() {
  copy=$(realpath -m "$1")
  export CARGO_TARGET_DIR=$copy/target
  local file
  # Of what goes away elsewhere, an input that finds a fault would be missed most here.
  rm -rf "$copy/fuzz/corpus"
  while IFS= read -r -d '' file; do
    cmp -s "$file" "$copy/$file" || install -D "$file" "$copy/$file"
  done < <(git ls-files -z)
}

try_faults() {
  local list=$1 wanted rows=() failed=0 name fault file change
  shift
  wanted=" $* "
  while IFS='|' read -r name fault file change; do
    [ "$wanted" = "  " ] || [[ $wanted == *" $name "* ]] || continue
    echo "$(basename "$0" .sh): $name: $fault ($SECONDS s)" >&2
    sound "$name" < /dev/null
    sed "$change" "$file" > "$copy/$file"
    if cmp -s "$file" "$copy/$file"; then
      outcome="OUT OF DATE: it changes nothing in $file"
      failed=1
    else
      faulty "$name" < /dev/null || failed=1
      cp "$file" "$copy/$file"
    fi
    rows+=("$name|$fault|${outcome//|/ }")
  done <<< "$list"
  [ ${#rows[@]} -gt 0 ] || { echo "no fault is there for:$wanted" >&2; return 2; }
  printf '%s\n' "who should notice|fault|outcome" "${rows[@]}" | column -t -s '|'
  return $failed
}
