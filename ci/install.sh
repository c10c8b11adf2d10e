#!/usr/bin/env bash
# Installs what the tests need beside Rust: Debian packages, and Python tools in a virtual environment under target/.
# What is there already is left alone, so it can be run again at no cost.
set -euo pipefail
cd "$(dirname "$0")/.."

# Installs those of the packages that are missing.
debian() {
  local missing=() sudo=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -q
  # Debian would start Prometheus as a service; the tests start their own.
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends "${missing[@]}"
}

packages=(
  build-essential curl python3-venv     # to build SQLite and to make the virtual environment
  prometheus                            # scrapes the server; promtool checks what it serves
  rustc-web rust-web-src lld            # builds core for bare metal where rustup has no such target
  qemu-system-arm qemu-system-misc      # runs it there
  gcc-multilib                          # links programs of 32 bits
  valgrind                              # counts instructions
  iproute2                              # ip, for a test in a network of its own
  libfaketime                           # sets the clock of one process
  bsdextrautils                         # column, for tables
)
debian "${packages[@]}"
# The OTLP receiver is linked with the library of the Python that it is installed for.
debian "libpython$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"

# The real OTLP receiver, the strict OpenMetrics parser, and what asks for all that an OpenAPI document allows.
peers=(rotel==0.0.1a15 prometheus_client==0.22.1 schemathesis==4.32.5)
venv=target/peers
if [ "$(cat "$venv/installed" 2>/dev/null)" != "${peers[*]}" ]; then
  echo "installing ${peers[*]}"
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${peers[@]}"
  echo "${peers[*]}" > "$venv/installed"
fi
