#!/usr/bin/env bash
# timeout: 120
# Stages with corners: a cyclic one goes round a loop, its corners have rows, and a stop within it leaves no trace.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 8 0.05 | sed '/^loading:/,/^output:/{/^  - /d}' | sed '/^loading:/a\
  - {programme: cyclic, amplitude: {xy: {strain: 0.03}}, period: 2400 s, cycles: 3}\
  - {programme: stress_rate, control: {xy: {stress_rate: 1e-3 GPa/s}}, duration: 300 s}\
  - {programme: piecewise, points: [{duration: 10 s, to: {xy: {stress: 0 GPa}}}, {duration: 20 s}]}' >case.yaml
expect "uninterrupted run" "$VITROMECH" run case.yaml --set output.directory=whole >log_whole
expect "loops and corners" /usr/bin/python3 - whole/history.csv <<'PYTHON'
import csv
import sys

rows = [{key.split(" ")[0]: float(value) for key, value in row.items()} for row in csv.DictReader(open(sys.argv[1]))]


def at(time):
    return [row for row in rows if abs(row["time"] - time) < 1e-6]


def near(value, wanted):
    return abs(value - wanted) < 1e-9


for cycle in range(3):
    for time, strain in (600, 0.03), (1800, -0.03):
        corner = at(2400 * cycle + time)
        assert corner and near(corner[0]["strain_xy"], strain), (cycle, time, corner)
    loop = [row for row in rows if row["stage"] == 0 and 2400 * cycle - 1e-6 < row["time"] < 2400 * (cycle + 1) + 1e-6]
    # xy and yx
    work = sum((a["stress_xy"] + b["stress_xy"]) * (b["strain_xy"] - a["strain_xy"]) for a, b in zip(loop, loop[1:]))
    print(f"figure: work lost in cycle {cycle + 1} [GPa] = {work:.6g}")
    assert work > 0.01, work
assert near(at(7200)[-1]["strain_xy"], 0)
assert near(at(7500)[0]["stress_xy"], at(7200)[-1]["stress_xy"] + 0.3), (at(7500), at(7200))
assert near(at(7510)[0]["stress_xy"], 0) and near(rows[-1]["stress_xy"], 0) and near(rows[-1]["time"], 7530)
assert all(a["time"] <= b["time"] for a, b in zip(rows, rows[1:]))
PYTHON

# Out of wall time three times, on one and two ranks by turns, then to the end.
stops=0
for ranks in 1 2 1; do
  on_ranks "$ranks" "$VITROMECH" run case.yaml --set output.directory=stopped --max-walltime "100 ms" >>log_stopped 2>&1
  [ $? -eq 85 ] && stops=$((stops + 1))
done
expect "stopped three times, not $stops" test "$stops" -eq 3
expect "goes on to the end" on_ranks 2 "$VITROMECH" run case.yaml --set output.directory=stopped >>log_stopped 2>&1
expect "after $stops stops: same results" same_results whole stopped
echo "$stops stops"
finish
