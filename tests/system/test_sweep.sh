#!/usr/bin/env bash
# timeout: 300
# A sweep runs each point as a run of its own, does only what is missing, and gives the same table after any kill.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 8 0.02 >case.yaml
plan() { # plan DIRECTORY
  cat <<YAML
schema: 1
name: fraction and correlation length
case: case.yaml
directory: $1
set: ["analysis=[{statistic: autocorrelation, of: plastic_strain}]"]
parameters:
  - {path: flow_units.fraction, values: [0.1, 0.2, 0.3]}
  - {path: flow_units.correlation_length, from: 2 nm, to: 4 nm, points: 2}
seeds: {first: 3, count: 2, common: true}
collect:
  - {name: yield_stress, dataset: history/stress, component: 5, reduce: maximum}
  - {name: length, dataset: statistics/autocorrelation/correlation_length}
YAML
}
rows() { grep -c complete "$1/table.csv"; }

plan whole >plan.yaml
expect "lists 12 points" test "$("$VITROMECH" sweep plan.yaml --list | wc -l)" -eq 12
expect "runs" "$VITROMECH" sweep plan.yaml -j 2 >log
expect "12 points complete" test "$(rows whole)" -eq 12

# A point is what `run` makes of the same input, and its row is what the file says.
expect "one run by hand" "$VITROMECH" run case.yaml --set flow_units.fraction=0.2 --set flow_units.correlation_length="4 nm" \
  --set seed=4 --set "analysis=[{statistic: autocorrelation, of: plastic_strain}]" --set output.directory=alone >log_alone
point=$("$VITROMECH" sweep plan.yaml --list | awk '/fraction=0.2 .*length=4 nm .*seed=4/ {print $2}')
expect "the point of these values" test -d "whole/points/$point"
expect "the same results as run" same_results "whole/points/$point" alone
expect "row = files" /usr/bin/python3 - <<PYTHON
import csv, h5py
row = next(r for r in csv.DictReader(open("whole/table.csv")) if r["id"] == "$point")
run = h5py.File("alone/result.h5")
table = h5py.File("whole/table.h5")
i = int(row["point"])
assert table["points/id"][i].decode() == "$point" and table["points/complete"][i] == 1
assert float(row["flow_units.fraction"]) == 0.2 and float(row["seed"]) == 4
assert table["parameters/flow_units.correlation_length"].attrs["unit"] in (b"nm", "nm")
assert table["columns/yield_stress"][i] == run["history/stress"][:, 5].max()
assert table["columns/length"][i] == run["statistics/autocorrelation/correlation_length"][()]
curves = [n for n in run["statistics/autocorrelation"] if run["statistics/autocorrelation"][n].ndim == 1]
assert curves
for name in curves:
    a, b = run["statistics/autocorrelation"][name][:], table["statistics/autocorrelation"][name][i]
    assert ((a == b) | ((a != a) & (b != b))).all(), name
PYTHON
"$VITROMECH" sweep plan.yaml >log_again
expect "nothing is done twice" test "$(grep -c '"attempts": 1,' whole/points/*/outcome.json | grep -c ':1')" -eq 12

# Killed again and again: launcher and workers alike.
plan killed >plan_killed.yaml
kills=0
for _ in $(seq 30); do
  [ "$kills" -lt 4 ] || break
  "$VITROMECH" sweep plan_killed.yaml -j 2 >>log_killed 2>&1 &
  program=$!
  sleep "$(awk -v r="$RANDOM" 'BEGIN {print 0.3 + 0.6 * r / 32768}')"
  workers=$(pgrep -P "$program")
  kill -9 "$program" $workers 2>/dev/null && kills=$((kills + 1))
  wait "$program" 2>/dev/null
done
expect "some kills landed, not $kills" test "$kills" -ge 1
expect "runs again" "$VITROMECH" sweep plan_killed.yaml -j 2 >>log_killed 2>&1
expect "the same table" cmp whole/table.csv killed/table.csv

# Stopped: workers leave checkpoints, and the same command goes on.
plan stopped >plan_stopped.yaml
"$VITROMECH" sweep plan_stopped.yaml -j 2 --ranks 1 >log_stopped 2>&1 &
program=$!
while kill -0 "$program" 2>/dev/null && ! ls stopped/points/*/outcome.json >/dev/null 2>&1; do sleep 0.02; done
kill -USR2 "$program"
wait "$program"
status=$?
expect "exit 85 or already done, not $status" test "$status" -eq 85 -o "$status" -eq 0
expect "a point by two ranks" on_ranks 2 "$VITROMECH" sweep plan_stopped.yaml --point 11 >>log_stopped 2>&1
expect "goes on" "$VITROMECH" sweep plan_stopped.yaml -j 2 >>log_stopped 2>&1
expect "the same table after a stop" cmp whole/table.csv stopped/table.csv

# More points of the same plan: the old ones stay.
sed 's/values: \[0.1, 0.2, 0.3\]/values: [0.1, 0.2, 0.3, 0.25]/' plan.yaml >plan_more.yaml
expect "a finer plan" "$VITROMECH" sweep plan_more.yaml -j 2 >log_more
expect "16 points" test "$(rows whole)" -eq 16
expect "all by one attempt" test "$(cat whole/points/*/outcome.json | grep -c '"attempts": 1,')" -eq 16

# A Latin hypercube has one sample in each stratum of each parameter.
cat >hypercube.yaml <<YAML
schema: 1
case: case.yaml
directory: hypercube
design: latin_hypercube
samples: 10
parameters:
  - {path: flow_units.fraction, from: 0.1, to: 0.4}
  - {path: flow_units.correlation_length, from: 1 nm, to: 10 nm, scale: log}
YAML
"$VITROMECH" sweep hypercube.yaml --list >list
expect "one sample in each stratum" /usr/bin/python3 - <<'PYTHON'
import math, re
rows = [re.search(r"fraction=(\S+)  \S+length=(\S+) nm", line).groups() for line in open("list")]
x = sorted(int((float(f) - 0.1) / 0.03) for f, _ in rows)
y = sorted(int(10 * math.log10(float(l))) for _, l in rows)
assert x == y == list(range(10)), (x, y)
PYTHON

# A parameter may be a text: table.csv has it, table.h5 the first point with the same.
cat >texts.yaml <<'YAML'
schema: 1
name: finders
case: case.yaml
directory: texts
set: ["loading=[{programme: strain_rate, control: {xy: {strain_rate: 5e-5 1/s}}, until: {xy: 0.005}}]"]
parameters:
  - {path: kinetics.finder, values: [full, thinned]}
  - {path: temperature, values: [300 K, 350 K]}
YAML
expect "runs over texts" "$VITROMECH" sweep texts.yaml -j 2
expect "texts in the table" /usr/bin/python3 - <<'PYTHON'
import csv, h5py
rows = list(csv.DictReader(open("texts/table.csv")))
assert [r["kinetics.finder"] for r in rows] == ["full", "full", "thinned", "thinned"], rows
assert [float(r["temperature"]) for r in rows] == [300, 350, 300, 350], rows
assert list(h5py.File("texts/table.h5")["parameters/kinetics.finder"]) == [0, 0, 2, 2]
PYTHON

# Points have random numbers of their own, which stay when the plan gets more values.
sed 's/, common: true//' plan.yaml >own.yaml
"$VITROMECH" sweep own.yaml --list | awk '{print $NF}' | sort >seeds
sed 's/, common: true//' plan_more.yaml >own_more.yaml
"$VITROMECH" sweep own_more.yaml --list | awk '{print $NF}' | sort >seeds_more
expect "12 different seeds" test "$(uniq seeds | wc -l)" -eq 12
expect "all of them in the finer plan" test "$(comm -23 seeds seeds_more | wc -l)" -eq 0

# A point that cannot converge or does not make sense fails by itself, and is told.
refused() { # refused WORDS FILE
  "$VITROMECH" sweep "$2" >out_refused 2>&1
  [ $? -eq 2 ] && grep -q "$1" out_refused
}
sed 's/flow_units.fraction/flow_unit.fraction/' plan.yaml >wrong_key.yaml
expect "unknown key of the case" refused "flow_unit" wrong_key.yaml
sed 's/values: \[0.1, 0.2, 0.3\]/values: [0.1, 1.2, 0.3]/' plan.yaml >wrong_value.yaml
expect "value out of range" refused "1.2" wrong_value.yaml
sed 's/to: 4 nm/to: 4 m/' plan.yaml >wrong_unit.yaml
expect "units of a range" refused "one unit" wrong_unit.yaml
sed 's/values: \[0.1, 0.2, 0.3\]/values: [0.1, 0.1]/' plan.yaml >twice.yaml
expect "two equal points" refused "same as another" twice.yaml
sed 's/component: 5/component: 9/' plan.yaml >wrong_column.yaml
expect "a component that is not there" refused "component" wrong_column.yaml
sed 's/design/desing/' hypercube.yaml >typo.yaml
expect "typing error in the plan" refused "did you mean" typo.yaml
finish
