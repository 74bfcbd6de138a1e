#!/usr/bin/env bash
# Sets vitromech up on Debian or Ubuntu: installs what is missing, configures, builds, and
#   ./bootstrap.sh demo    runs the main job on two ranks
#   ./bootstrap.sh test    runs the tests
#   ./bootstrap.sh build   stops there; the program is build/vitromech
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

packages=(build-essential cmake ninja-build pkg-config git petsc-dev libpetsc-real-dev libopenmpi-dev openmpi-bin
  libhdf5-openmpi-dev libfftw3-dev libfftw3-mpi-dev liblapack-dev libyaml-dev libudunits2-dev librandom123-dev libssl-dev zlib1g-dev libtiff-dev voro++-dev
  python3 python3-h5py python3-numpy python3-matplotlib)

usage() {
  sed -n '2,5s/^# \{0,1\}//p' "$0"
  exit 2
}

name_packages() {
  printf '%s\nvitromech needs these Debian packages, or what they are called here:\n' "$1" >&2
  printf '  %s\n' "${packages[@]}" >&2
  exit 1
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

install_packages() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    name_packages "This machine has no apt-get, so nothing can be installed automatically."
  fi
  local missing=() package as_root=()
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || name_packages "Packages are missing (${missing[*]}), and there is neither root nor sudo."
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

build() {
  cmake --preset release -Wno-dev
  cmake --build --preset release
}

# Open MPI refuses root unless told otherwise, and more ranks than cores.
run_on_two_ranks() {
  local options=(-n 2)
  if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  [ "$(nproc)" -ge 2 ] || options+=(--oversubscribe)
  mpirun "${options[@]}" "$@"
}

demo() {
  # measured curves to compare with, where they are at hand
  [ -n "${VM_TEST_DATA:-}" ] || [ ! -d ../shared/data ] || export VM_TEST_DATA="$PWD/../shared/data"
  run_on_two_ranks build/vitromech run inputs/demo/case.yaml
  printf '\nThe figures are in the report, the numbers of each in\n'
  ls out/demo/report_data/*.csv
  printf '\nOpen in a browser: %s\n' "$PWD/out/demo/report.html"
}

# Closing line "N passed, N failed"; skipped tests (their data are not there) are named before it and count as neither.
run_tests() {
  local log=build/ctest.log status=0 total failed skipped
  ctest --test-dir build -LE long -j "$(nproc)" --output-on-failure | tee "$log" || status=$?
  read -r failed total < <(sed -n 's/.*tests passed, \([0-9]*\) tests\{0,1\} failed out of \([0-9]*\).*/\1 \2/p' "$log")
  skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
  [ "$skipped" -eq 0 ] || echo "$skipped skipped"
  echo "$((total - failed - skipped)) passed, $failed failed"
  return "$status"
}

case "${1:-}" in
demo | test | build) ;;
*) usage ;;
esac
install_packages
build
case "$1" in
demo) demo ;;
test) run_tests ;;
build) echo "built: build/vitromech" ;;
esac
