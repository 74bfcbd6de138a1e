#!/usr/bin/env bash
# timeout: 1800; labels: long
# Every file of test_cube_formats cut at 200 places and with 2000 bytes changed, one at a time.
: "${VITROMECH:?the program to test}" "${VM_TEST_SCRATCH:?}"
mkdir -p "$VM_TEST_SCRATCH"
VM_TEST_FLIPS=. exec "$(dirname "$VITROMECH")/tests/contract_test_cube_formats"
