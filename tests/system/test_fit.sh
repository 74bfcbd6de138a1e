#!/usr/bin/env bash
# timeout: 60
# fit reads columns by name and unit, in any order, on any number of ranks, writes JSON and CSV; bad tables and bad words exit with 2.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

/usr/bin/python3 - <<'PYTHON'
import math
with open("relax.csv", "w") as f:
    f.write("# Kohlrausch, shuffled\nother;stress [MPa];time [min];deviation [MPa]\n")
    for i in [7 * k % 60 for k in range(60)]:
        t = 10 ** (-1 + 0.08 * i)
        f.write(f"{i};{800 * math.exp(-(t / 30) ** 0.55) + 200 + math.sin(37.0 * i):.12g};{t / 60:.17g};0.7\n")
PYTHON
for n in 1 2; do
  on_ranks $n "$VITROMECH" fit kww relax.csv --bootstrap 100 --output "fit_$n" >"out_$n"
  expect "fit on $n ranks" test $? -eq 0
done
expect "the same on one and two ranks" cmp fit_1.json fit_2.json
/usr/bin/python3 - <<'PYTHON'
import json, sys
fit = json.load(open("fit_1.json"))
want = {"amplitude": 800.0, "time": 30.0, "beta": 0.55, "residual": 200.0}
bad = [n for n, v in want.items() if not fit["parameters"][n]["low"] < v < fit["parameters"][n]["high"]]
sys.exit(f"intervals miss {bad}" if bad or not fit["converged"] or fit["parameters"]["time"]["unit"] != "s" else 0)
PYTHON
expect "intervals hold the truth, minutes become seconds" test $? -eq 0
expect "CSV of data and fit" test "$(wc -l <fit_1.csv)" -eq 61
"$VITROMECH" fit kww relax.csv --set beta=0.55 --start time="1 min" --error deviation --y stress --x time >out 2>&1
expect "held parameter, errors, names" grep -qE "^beta +0.55 +held" out
expect "files beside the data" test -s relax.kww.json

printf 'time [K],stress\n1,2\n2,\n-3,4\n' >bad.csv
printf 'a,b\n1,2,3\n2,x\n' >worse.csv
printf 'time,stress\n1,2\n2,1\n' >short.csv
: >empty.csv
for words in "fit kww bad.csv" "fit kww worse.csv" "fit kww short.csv" "fit kww empty.csv" "fit kww absent.csv" "fit kw relax.csv" \
  "fit kww relax.csv --set betta=1" "fit kww relax.csv --set beta=7" "fit kww relax.csv --set beta" "fit kww relax.csv --x tim" \
  "fit kww relax.csv --y a --y b" "fit kww relax.csv --bootstrap 3" "fit kww"; do
  "$VITROMECH" $words >out 2>message
  expect "$words: exit 2" test $? -eq 2
  expect "$words: message" test -s message
done
"$VITROMECH" fit kww bad.csv 2>message
expect "all problems of a table at once" test "$(grep -c '^bad.csv:' message)" -eq 3
"$VITROMECH" help law.kww_susceptibility >out
expect "help of a law" grep -q beta out
finish
