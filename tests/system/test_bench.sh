#!/usr/bin/env bash
# timeout: 60
# The benchmark of the equilibrium solver prints its four figures on any number of ranks, and refuses nonsense.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

for n in 1 3; do
  on_ranks $n "$VITROMECH" bench mech --cells 12 >figures_$n
  expect "bench on $n ranks" test $? -eq 0
  for figure in seconds_per_iteration fft_seconds iteration_over_fft bytes_per_voxel; do
    expect "$figure on $n ranks" grep -qE "^mech\.12 $figure [0-9.e+-]+ (s|1|B)$" figures_$n
  done
done
for words in "bench mexh" "bench mech --cells 1" "bench mech --cells 7x"; do
  "$VITROMECH" $words 2>message
  expect "$words: exit 2" test $? -eq 2
  expect "$words: message" test -s message
done
finish
