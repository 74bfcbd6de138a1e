#!/usr/bin/env bash
# timeout: 240
# Memory laws and flow units that relax: the same bits on any number of ranks, and when stopped and resumed.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 8 0.02 | sed 's/mean: 1.75 eV/mean: 1.4 eV/; s/duration: 10 s/duration: 1 s/' >plain.yaml
sed 's/^  law: stz/  law: stz\n  memory: {law: flow_units, ageing_time: 50 s}/' plain.yaml >case.yaml
sed 's/^  law: stz/  law: stz\n  finder: thinned/' case.yaml >thinned.yaml
"$VITROMECH" check thinned.yaml >log_thinned 2>&1
expect "finder thinned is refused" grep -q "only finder full follows that" log_thinned

expect "1 rank" on_ranks 1 "$VITROMECH" run case.yaml --set output.directory=whole >log_whole
for n in 2 3; do
  expect "$n ranks" on_ranks "$n" "$VITROMECH" run case.yaml --set output.directory="n$n" >"log_n$n"
  expect "$n ranks: same results as 1" same_results whole "n$n"
done

stops=0 status=85
while [ "$status" -eq 85 ] && [ "$stops" -lt 60 ]; do
  on_ranks $((1 + stops % 2)) "$VITROMECH" run case.yaml --set output.directory=stopped --max-walltime "600 ms" \
    >>log_stopped 2>&1
  status=$?
  [ "$status" -ne 85 ] || stops=$((stops + 1))
done
expect "resumed to the end, exit $status" test "$status" -eq 0
expect "stopped and resumed: same results" same_results whole stopped
echo "$stops stops"

expect "the population of flow units falls by rest and rises by flow" /usr/bin/python3 - whole/result.h5 <<'PYTHON'
import sys

import h5py

with h5py.File(sys.argv[1], "r") as f:
    state, events, time = (f["history/" + name][:] for name in ("memory_state", "events", "time"))
print("fraction of flow units", state[0], "to", state[-1], "lowest", state.min(), "events", events[-1])
rest = events == 0
c = state[0]
for t, value in zip(time[rest], state[rest]):
    assert abs(value / (c / (1 + t / 50)) - 1) < 1e-9, (t, value)  # c a/(a + t) of every voxel that is one
assert rest.sum() > 3 and events[-1] > 50
assert state[-1] > state.min()
PYTHON
finish
