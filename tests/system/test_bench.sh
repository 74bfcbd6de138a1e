#!/usr/bin/env bash
# timeout: 60
# The benchmarks of the equilibrium solver, the cube and the microscope print their figures on any number of ranks; nonsense is refused.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

for n in 1 3; do
  on_ranks $n "$VITROMECH" bench mech --cells 12 >figures_$n
  expect "bench on $n ranks" test $? -eq 0
  for figure in seconds_per_iteration fft_seconds iteration_over_fft bytes_per_voxel; do
    expect "$figure on $n ranks" grep -qE "^mech\.12 $figure [0-9.e+-]+ (s|1|B)$" figures_$n
  done
done
for figure in bandwidth_gain rank_gain weak_efficiency; do
  expect "$figure on 3 ranks" grep -qE "^mech\.12 $figure [0-9.e+-]+ 1$" figures_3
  expect "no $figure on one rank" sh -c "! grep -q $figure figures_1"
done
for n in 1 3; do
  TMPDIR=. on_ranks $n "$VITROMECH" bench cube --cells 5 >figures_$n
  expect "bench cube on $n ranks" test $? -eq 0
  for figure in "sum GBps" "annulus GBps" "full_pass seconds" "full_pass GBps" "memory of_a_rank"; do
    expect "$figure on $n ranks" grep -qE "^cube\.$figure [0-9.e+-]+ (s|GB/s|MB)$" figures_$n
  done
  expect "the cube is removed" test -z "$(ls vitromech_bench_* 2>/dev/null)"
done
"$VITROMECH" bench kmc --cells 10 >figures
expect "bench kmc" test $? -eq 0
for figure in full_events_per_second thinned_events_per_second thinned_over_full cascade_part_of_events cascade_events_per_second cascade_cost_over_thermal \
  overloaded_events_per_second accepted_candidates events_per_refresh \
  time_in_{far_charges,near_stress,renewed_bounds,acceptance,refresh,messages}; do
  expect "kmc.10 $figure" grep -qE "^kmc\.10 $figure [0-9.e+-]+ (1/s|1)$" figures
done
expect "no bound exceeded" grep -qE "^kmc\.10 bounds_exceeded 0 1$" figures
for n in 1 2; do
  on_ranks $n "$VITROMECH" bench diffract --cells 3 >figures
  expect "bench diffract on $n ranks" test $? -eq 0
  for figure in multislice\ {seconds_per_probe,fft_seconds_per_probe,total_over_fft,seconds_per_tile,probes_per_second} \
    multislice_double\ seconds_per_probe kinematic\ {seconds_per_{probe,tile},probes_per_second}; do
    expect "diffract.$figure on $n ranks" grep -qE "^diffract\.$figure [0-9.e+-]+ (s|1|1/s)$" figures
  done
  for method in multislice kinematic; do
    expect "$method: probes of all ranks" awk -v n=$n -v m="diffract.$method" '$1 == m && $2 == "seconds_per_probe" {s = $3}
      $1 == m && $2 == "probes_per_second" {p = $3} END {exit !(p*s/n > 0.99 && p*s/n < 1.01)}' figures
  done
done
for words in "bench mexh" "bench mech --cells 1" "bench mech --cells 7x"; do
  "$VITROMECH" $words 2>message
  expect "$words: exit 2" test $? -eq 2
  expect "$words: message" test -s message
done
finish
