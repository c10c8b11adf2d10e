#!/usr/bin/env bash
# Checks every interleaving of the code that threads share, with loom's atomics in place of the real ones.
#
# `ci/loom.sh --broken` checks the models: each copy of the core that is broken in one place must fail.
set -euo pipefail
cd "$(dirname "$0")/.."

models() { # the folder of the workspace, and arguments for cargo test
  local folder=$1
  shift
  RUSTFLAGS="--cfg loom" cargo test --quiet --release --manifest-path "$folder/Cargo.toml" --package picometer \
    --target-dir target/loom --lib --test loom "$@"
}

if [ "${1:-}" != --broken ]; then
  models . "$@"
  exit
fi

copy=target/loom-broken
breaks() { # what is broken, the file, and how
  local what=$1 file=$2
  shift 2
  rm -rf "$copy"
  mkdir -p "$copy"
  cp -r Cargo.toml Cargo.lock core "$copy"
  sed -i 's/^members = .*/members = ["core", "core\/derive"]/' "$copy/Cargo.toml"
  sed -i "$@" "$copy/core/src/$file"
  if cmp -s "core/src/$file" "$copy/core/src/$file"; then
    echo "loom: $file has nothing to break any more where $what" >&2
    exit 1
  fi
  models "$copy" --no-run
  if models "$copy" > "$copy/log" 2>&1; then
    echo "loom: the models do not see that $what" >&2
    exit 1
  fi
  echo "loom: seen that $what: $(grep -o 'test .* \.\.\. FAILED\|^    [a-z_:]*$' "$copy/log" | sort -u | xargs)"
}

breaks "a family asks whether it is full after it has searched" family/sparse.rs \
  -e '/let is_full = /d' -e 's/if is_full =>/if self.entered.load(Ordering::Acquire) as usize >= SERIES =>/'
breaks "a table of keys asks whether it is full after it has searched" intern.rs \
  -e 's/ok_or(Missing { is_full })/ok_or(Missing { is_full: is_full || self.entered.load(Ordering::Acquire) as usize >= CAPACITY })/'
breaks "a name counts as whole before its last word is there" words.rs \
  -e 's/is_some_and(|last| last != 0)/is_some()/'
breaks "a word of a key is written without a release" intern.rs \
  -e 's/compare_exchange(0, \*word, Ordering::Release,/compare_exchange(0, *word, Ordering::Relaxed,/'
breaks "the low half of a total is added without a release" cell/split.rs \
  -e 's/self.low.fetch_add(n, Ordering::Release)/self.low.fetch_add(n, Ordering::Relaxed)/'
breaks "a visitor asks whether any entry coincides before it asks whether this one is linked" family/keyed.rs \
  -e 's/if self.is_linked(position) && self.coinciding.any() {/if self.coinciding.any() \&\& self.is_linked(position) {/' \
  -e 's/^        if !self.is_linked(position) {$/        let odd = self.odd(position);\n&/' \
  -e 's/let Some(exposed) = self.odd(position) else { return Standing::Alone }/let Some(exposed) = odd else { return Standing::Alone }/'
