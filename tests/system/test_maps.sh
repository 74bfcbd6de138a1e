#!/usr/bin/env bash
# timeout: 60
# Tables and images from outside: what is measured on them against numpy, on any number of ranks, and bad tables refused.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py is absent"; exit 77; }
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

cat >make.py <<'PYTHON'
import numpy as np

rng = np.random.default_rng(3)
h, e = rng.normal(7, 0.1, (12, 9)), rng.normal(89, 1, (12, 9))
e += 5 * (h - 7)
rows = [(j * 0.007 + 3, i * 0.007 - 1, h[i, j], e[i, j]) for i in range(12) for j in range(9) if (i, j) != (4, 4)]
rng.shuffle(rows)
with open("map.csv", "w") as f:
    f.write("x,y,H_GPa,E_GPa\n")
    for r in rows:
        f.write("%.4f,%.4f,%.9f,%.9f\n" % tuple(r))
h[4, 4] = e[4, 4] = np.nan
np.save("truth", [h, e])
np.save("image", rng.random((20, 30)).astype("<f4"))
PYTHON
expect "files are made" /usr/bin/python3 make.py
cat >recipe.yaml <<'YAML'
schema: 1
analysis:
  - {statistic: distribution, of: H_GPa}
  - {statistic: cross_correlation, of: H_GPa, with: E_GPa}
  - {statistic: kmeans, of: H_GPa, classes: 2}
YAML
cat >check.py <<'PYTHON'
import h5py
import numpy as np

h, e = np.load("truth.npy")
s = h5py.File("table_1.h5")["statistics"]
used = ~np.isnan(h)
assert s["distribution/count"][()] == 107
assert s["distribution/mean"].attrs["unit"] in ("GPa", b"GPa")
assert abs(s["distribution/mean"][()] - h[used].mean()) < 1e-8
assert abs(s["distribution/standard_deviation"][()] - h[used].std(ddof=1)) < 1e-8
r = np.corrcoef(h[used], e[used])[0, 1]
assert abs(s["cross_correlation/pearson"][()] - r) < 1e-7
low, high = s["cross_correlation/pearson_interval"][()]
assert low < r < high
label = s["kmeans/label"][()]
assert label.shape == (12, 9) and label[4, 4] == 255
assert (h[label == 0].max() < h[label == 1].min())
other = h5py.File("table_3.h5")["statistics"]
names = []
s.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
assert len(names) > 20
for name in names:
    assert np.array_equal(s[name][()], other[name][()], equal_nan=s[name].dtype.kind == "f"), name
i = np.load("image.npy")
assert abs(h5py.File("image.h5")["statistics/distribution/mean"][()] - i.mean()) < 1e-6
PYTHON
for n in 1 3; do
  on_ranks $n "$VITROMECH" analyze map.csv recipe.yaml --scan-pitch "7 um" --output table_$n.h5 >log_$n
  expect "a table on $n ranks" test $? -eq 0
done
"$VITROMECH" analyze image.npy "$VM_SOURCE_DIR/inputs/analysis/afm_phase.yaml" --scan-pitch "2 nm" --output image.h5 >log
expect "an image" test $? -eq 0
expect "as by numpy" /usr/bin/python3 check.py

# sections of two samples, over their means, beside each other: points farther apart than all of the other are told
printf 'schema: 1\nanalysis: [{statistic: section, of: H_GPa, name: strength, relative: true}]\n' >section.yaml
"$VITROMECH" analyze map.csv section.yaml --scan-pitch "7 um" --output section_a.h5 >log
expect "section of a table" test $? -eq 0
"$VITROMECH" analyze image.npy section.yaml --set analysis.0.of=image --scan-pitch "2 nm" --output section_b.h5 >log
expect "section of an image" test $? -eq 0
"$VITROMECH" compare section_a.h5 section_b.h5 >beside 2>&1
expect "sections beside each other" test $? -eq 0
expect "verdict of the distributions" grep -qE "strength/map +KS .*DIFFERENT" beside
expect "told that the scales differ" grep -q "points of A are 7000 nm apart, all of B is 40 nm wide" beside
cat >section.py <<'PYTHON'
import h5py
import numpy as np

h = np.load("truth.npy")[0]
s = h5py.File("section_a.h5")["statistics/strength"]
used = ~np.isnan(h)
assert np.allclose(s["map"][()], h / h[used].mean(), rtol=1e-8, equal_nan=True)
assert abs(s["relative_deviation"][()] - h[used].std(ddof=1) / h[used].mean()) < 1e-8
assert np.allclose([s["extent"][()], s["pitch"][()]], [63000, 7000])
PYTHON
expect "section as by numpy" /usr/bin/python3 section.py

refused() { # refused WHAT PATTERN COMMAND...
  local what=$1 pattern=$2
  shift 2
  "$@" >refused.log 2>&1
  expect "$what: exit 2" test $? -eq 2
  expect "$what: $pattern" grep -q -- "$pattern" refused.log
}
sed '5s/,/,x/2' map.csv >text.csv
sed '5s/,[^,]*$//' map.csv >short.csv
sed 's/^x,/z,/' map.csv >nowhere.csv
{ cat map.csv; sed -n 2p map.csv; } >twice.csv
refused "text in a table" "text.csv:5: .* is not a number" "$VITROMECH" analyze text.csv recipe.yaml --output no.h5
refused "a row that lacks a cell" "short.csv:5: 3 cells" "$VITROMECH" analyze short.csv recipe.yaml --output no.h5
refused "no places" "columns x and y" "$VITROMECH" analyze nowhere.csv recipe.yaml --output no.h5
refused "a place twice" "taken twice" "$VITROMECH" analyze twice.csv recipe.yaml --output no.h5
refused "no recipe" "give a recipe" "$VITROMECH" analyze map.csv
refused "no such column" "H_GPa, E_GPa" "$VITROMECH" analyze map.csv recipe.yaml --set analysis.0.of=E --output no.h5
expect "nothing is left behind" test ! -e no.h5 -a ! -e no.h5.part

DATA=$VM_TEST_DATA/maps/nanoindentation_zrcu_15x15_50mN.csv
if [ -e "$DATA" ]; then
  "$VITROMECH" analyze "$DATA" "$VM_SOURCE_DIR/inputs/analysis/indentation_map.yaml" --scan-pitch "7 um" --output measured.h5 >measured
  expect "the measured map" test $? -eq 0
  cat measured
  # 7.11 +- 0.14 GPa, 89.1 +- 1.1 GPa, 1.64 +- 0.06 % are what the measurers say
  expect "hardness" grep -qE "distribution/mean +710[5-9]|distribution/mean +711[0-4]" measured
  expect "its spread" grep -qE "distribution/standard_deviation +1(3[5-9]|4[0-4])" measured
  expect "modulus" grep -qE "distribution_E_GPa/mean +89\.1" measured
  expect "creep" grep -qE "distribution_CIT/mean +1\.64" measured
fi
finish
