#!/usr/bin/env bash
# timeout: 180
# The tutorial docs/tutorials/which_glass.md: its commands work as they stand, and the answer is the glass the stand-in was made of.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
/usr/bin/python3 -c "import h5py, matplotlib" 2>/dev/null || { echo "skipped: no python3-h5py or matplotlib"; exit 77; }
page=$VM_SOURCE_DIR/docs/tutorials/which_glass.md

ln -s "$VM_SOURCE_DIR/inputs" inputs
mkdir build && ln -s "$VITROMECH" build/vitromech
sed -n '/^```sh$/,/^```$/p' "$page" | grep -v '^```' >commands
expect "the page has commands" test "$(wc -l <commands)" -ge 7
while read -r command; do
  expect "$command" sh -c "$command >>log 2>&1 </dev/null"
done <commands
[ "$failures" -eq 0 ] || tail -n 20 log

expect "the fraction" /usr/bin/python3 - <<'PYTHON'
import h5py

with h5py.File("out/which_glass/inference.h5") as f:
    q = f["inference/parameters/flow_units.fraction/quantile"][:]
    p = float(f["inference"].attrs["p_value"])
print(f"{q[2]:.3f}, 95 % {q[0]:.3f} ... {q[4]:.3f}, fit p {p:.2f}")
assert q[0] < 0.27 < q[4] and q[4] - q[0] < 0.12 and p > 0.01
PYTHON
expect "the report shows it" grep -q '<figure id="inference"' out/which_glass/report.html
for file in $(grep -oE '\]\([^)#]+' "$page" | sed 's/](//'); do
  expect "$file is there" test -e "${page%/*}/$file"
done
for file in $(grep -oE 'inputs/[a-z_]+/[a-z_]+\.yaml' "$page" | sort -u); do
  expect "$file is there" test -e "$VM_SOURCE_DIR/$file"
done
finish
