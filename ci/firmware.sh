#!/usr/bin/env bash
# Runs the core on bare metal, in QEMU: recordings from interrupts are exact, cost few instructions, and take little
# flash and no more RAM than the cells. Prints what it measured, and fails when anything is wrong or above its limit.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/bare-metal-cargo.sh

folder=$PWD/target/firmware
mkdir -p "$folder"

# Programs whose flash and RAM are compared, the most flash that each may take above an empty program, and how they
# label packets. The programs of embeprom are the same ones, with the same labels.
programs="picometer        6000 two enums, as text
embeprom         -    the same with embeprom
learned          11000 an enum and a learned label, as text
keyed            15000 two labels known at run time only, as text
embeprom-learned -    the last two with embeprom
otlp             8000 an enum and a learned label, no histogram, as OTLP"

machines=(
  "thumbv6m-none-eabi          microbit     Cortex-M0"
  "thumbv7m-none-eabi          lm3s6965evb  Cortex-M3"
  "thumbv7em-none-eabi         mps2-an386   Cortex-M4"
  "thumbv7em-none-eabihf       mps2-an386   Cortex-M4F"
  "riscv32imac-unknown-none-elf virt        RV32IMAC"
  "riscv32imc-unknown-none-elf virt         RV32IMC"
)

build() { # target, what
  (cd core/firmware && bare_metal_cargo "$1" build --quiet --locked --release --target-dir "$folder" "${@:2}")
}

# Runs a program in QEMU, where every instruction takes the same time: each run is like the one before. What it prints
# goes to a log; its exit code is returned. A program that hangs fails.
run() { # target, machine, program
  local emulator=(qemu-system-arm)
  [[ $1 != riscv32* ]] || emulator=(qemu-system-riscv32 -bios none)
  timeout --kill-after=5 60 "${emulator[@]}" -machine "$2" -nographic -monitor none -serial none -icount shift=7 \
    -semihosting-config enable=on,target=native -kernel "$folder/$1/release/$3" \
    > "$(log "$1" "$3")" 2>&1 < /dev/null
}

log() { echo "$folder/$1-${2##*/}.log"; } # target, program

sizes() { # target, program: flash and RAM in bytes; what is left of RAM for the stack is not counted
  size --format=sysv "$folder/$1/release/$2" | awk '
    $1 ~ /^\.(vector_table|init|text|rodata|data)/ { flash += $2 }
    $1 ~ /^\.(data|bss)/ { ram += $2 }
    END { print flash, ram }'
}

failed=()
fail() { # what, log
  failed+=("$1")
  [ -z "${2:-}" ] || tail -n 20 "$2" >&2
}

echo "Main loop and interrupt at once, in everything that records:"
format='  %-28s %-11s %-12s %-7s %8s %8s\n'
printf "$format" target core machine result flash RAM
for line in "${machines[@]}"; do
  read -r target machine core <<< "$line"
  build "$target" --bin exact
  result=exact
  run "$target" "$machine" exact || result=failed
  read -r flash ram < <(sizes "$target" exact)
  printf "$format" "$target" "$core" "$machine" "$result" "$flash" "$ram"
  [ $result = exact ] || fail "exact on $target" "$(log "$target" exact)"
done

echo "Stack in bytes:"
for line in "${machines[@]}"; do
  read -r target _ core <<< "$line"
  printf '  %-11s %s\n' "$core" "$(sed -n 's/^stack: //p' "$(log "$target" exact)")"
done

echo "Instructions of a recording:"
for line in "${machines[@]:0:2}"; do
  read -r target machine core <<< "$line"
  build "$target" --bin cost
  run "$target" "$machine" cost || fail "cost on $target" "$(log "$target" cost)"
done
printf '  %-32s %9s %9s\n' "" Cortex-M0 Cortex-M3
# A limit follows the count, where there is one.
paste -d '|' "$(log thumbv6m-none-eabi cost)" <(grep '^cost' "$(log thumbv7m-none-eabi cost)") |
  awk -F '|' '{ print substr($1, 7, 32) "|" substr($1, 41) "|" substr($2, 41) }' |
  awk -F '|' '{ split($2, m0, " "); split($3, m3, " ")
    printf "  %-32s %4s%s %4s%s\n", $1, m0[1], m0[4] ? " <=" m0[4] : "     ", m3[1], m3[4] ? " <=" m3[4] : "" }'

echo "Flash and RAM of two counters, a histogram, packets and the encoder, above an empty program on Cortex-M3:"
target=thumbv7m-none-eabi
mapfile -t bins < <(printf -- '--bin\nsize-%s\n' empty; awk '{ print "--bin\nsize-" $1 }' <<< "$programs")
build "$target" "${bins[@]}"
read -r empty_flash empty_ram < <(sizes "$target" size-empty)
while read -r program most what; do
  read -r flash ram < <(sizes "$target" "size-$program")
  flash=$((flash - empty_flash)) ram=$((ram - empty_ram))
  limit="<= $most"
  [ "$most" != - ] || limit=
  printf '  %-58s flash %6s %-9s RAM %5s\n' "$what" $flash "$limit" $ram
  [ "$most" = - ] || [ $flash -le "$most" ] || fail "flash of size-$program: $flash, above $most"
  # The cells, the names of a learned label and the seed of hashes, as large as the documentation says: no other RAM.
  [[ $program != embeprom* ]] || continue
  owned=$(nm --print-size "$folder/$target/release/size-$program" | awk '/(RADIO|5TABLE|4SEED)$/ { print "+ 16#" $2 }')
  [ $ram -eq $((0 $owned)) ] || fail "RAM of size-$program: $ram, more than its cells, $((0 $owned))"
done <<< "$programs"

build "$target" --example embassy
if run "$target" lm3s6965evb examples/embassy; then
  echo "The example with embassy runs."
else
  fail "the example with embassy" "$(log "$target" examples/embassy)"
fi

if [ ${#failed[@]} -gt 0 ]; then
  printf 'firmware: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
