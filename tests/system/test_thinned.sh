#!/usr/bin/env bash
# timeout: 400
# The event finder thinned: the same bits on any number of ranks, and when stopped anywhere and resumed on other ranks.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 12 0.038 | sed 's/^  law: stz/  law: stz\n  finder: thinned/; s/barrier: {/barrier: {friction: 0.1, /' >case.yaml
expect "barriers feel the pressure" grep -q "friction: 0.1" case.yaml
expect "1 rank" on_ranks 1 "$VITROMECH" run case.yaml --set output.directory=whole >log_whole
for n in 2 3 4; do
  expect "$n ranks" on_ranks "$n" "$VITROMECH" run case.yaml --set output.directory="n$n" >"log_n$n"
  expect "$n ranks: same results as 1" same_results whole "n$n"
done

# More ranks than planes, for a shorter time: so many processes are slow. Here events harden the glass for a while.
short=(--set kinetics.softening.decaying=-0.1 --set kinetics.softening.time="2 s" --set loading.0.until.xy=0.026
  --set loading.1.duration="0.1 s" --set loading.2.duration="0.1 s")
for n in 1 13; do
  expect "$n ranks, short" on_ranks "$n" "$VITROMECH" run case.yaml "${short[@]}" --set output.directory="short$n" >"log_short$n"
done
expect "13 ranks: same results as 1" same_results short1 short13

# Out of wall time again and again, each time resumed on another number of ranks.
in_pieces stopped 3 2 case.yaml
expect "resumed to the end, exit $status" "$VITROMECH" run case.yaml --set output.directory=stopped >>log_stopped 2>&1
expect "stopped and resumed: same results" same_results whole stopped
expect "some stops landed, not $stops" test "$stops" -ge 2
echo "$stops stops"

in_pieces hard 3 1 case.yaml "${short[@]}"
expect "hardening: resumed to the end, exit $status" "$VITROMECH" run case.yaml "${short[@]}" --set output.directory=hard >>log_hard 2>&1
expect "hardening, stopped and resumed: same results" same_results short1 hard
echo "$stops stops"
finish
