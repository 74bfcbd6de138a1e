#!/usr/bin/env bash
# timeout: 240
# Every study of inputs/kinetics runs, shrunk to a small box, and its figure can be drawn.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
figures=$VM_SOURCE_DIR/docs/figures/kinetics.py

cp "$VM_SOURCE_DIR"/inputs/kinetics/*.yaml .
# Boxes of 6^3, one seed, three values of temperature and of stress; creep shortened.
sed -i -E 's/cells(: |=)\[[0-9]+, [0-9]+, [0-9]+\]/cells\1[6, 6, 6]/; s/count: [0-9]+/count: 1/
  s/"\[16, 16, 16\]", .*\]"/"[6, 6, 6]", "[8, 8, 8]", "[9, 9, 9]"/
  s/until: \{events: [0-9]+\}/until: {events: 300}/; s/every: \{events: [0-9]+\}/every: {events: 100}/
  s/values: \[100 K, .*\]/values: [100 K, 250 K, 400 K]/; s/values: \[0.1 GPa, .*\]/values: [0.4 GPa, 0.7 GPa, 1 GPa]/
  s/values: \[0.0125 GPa, .*\]/values: [0.05 GPa, 0.4 GPa, 0.8 GPa]/; s/(until.events)=[0-9]+/\1=300/; s/(every.events)=[0-9]+/\1=20/' ./*.yaml

expect "there are studies" test "$(ls ./*.yaml | wc -l)" -ge 8
for input in *.yaml; do
  name=${input%.yaml}
  command=run options=()
  if grep -q '^case:' "$input"; then command=sweep options=(-j 2); fi
  expect "$name runs" "$VITROMECH" "$command" "$input" "${options[@]}" >"log_$name" 2>&1
  expect "$name says what to expect" grep -q '^# Expect' "$VM_SOURCE_DIR/inputs/kinetics/$input"
  expect "$name says how it is run" grep -q "vitromech .*inputs/kinetics/$input" "$VM_SOURCE_DIR/inputs/kinetics/$input"
done
expect "a value of a plan may be long" grep -q 'spread: 0.1 eV}' out/yield_temperature/manifest.csv

draw() { # draw WHAT FILE
  expect "figure: $1 of $2" /usr/bin/python3 "$figures" "$1" "$2" "$1.png" >"figure_$1"
  expect "figure: $1 is there" test -s "$1.png"
}
draw yield out/yield_temperature/table.csv
draw trend out/annealing/table.csv
draw trend out/brittle_to_ductile/table.csv
draw treat out/treatment/table.csv
draw sizes out/avalanche_cutoff/table.csv
draw flow out/homogeneous_flow/table.csv
draw strength out/strength_asymmetry/table.csv
draw map out/deformation_map/table.csv
draw band out/shear_band/result.h5
finish
