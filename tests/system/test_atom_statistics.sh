#!/usr/bin/env bash
# timeout: 120
# `analyze` of a file of atoms: told by content, all formats alike, the same result on any number of ranks; what does not fit is refused.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

zcat "$VM_SOURCE_DIR/inputs/glasses/cu64zr36_10976.xyz.gz" | head -2 | sed '1s/.*/1900/' >glass.xyz
zcat "$VM_SOURCE_DIR/inputs/glasses/cu64zr36_10976.xyz.gz" | tail -n +3 | awk '$4 < 10.2' | head -1900 >>glass.xyz
awk 'NR == 1 { print "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n" $1 "\nITEM: BOX BOUNDS pp pp pp"
    for (d = 0; d < 3; ++d) print 0, 55.89969906
    print "ITEM: ATOMS type id y z x" }
  NR > 2 { print ($1 == "Cu" ? 1 : 2), NR - 2, $3, $4, $2 }' glass.xyz | gzip >glass.dump.gz
cat >recipe.yaml <<YAML
schema: 1
analysis:
  - {statistic: rdf, r_max: 0.8 nm}
YAML

expect "atoms by default" "$VITROMECH" analyze glass.xyz
expect "writes beside" test -s glass_analysis.h5
expect "a recipe, two ranks" on_ranks 2 "$VITROMECH" analyze glass.xyz recipe.yaml --output two.h5
expect "a recipe, one rank" "$VITROMECH" analyze glass.xyz recipe.yaml --output one.h5
expect "a gzipped dump with types" "$VITROMECH" analyze glass.dump.gz recipe.yaml --types Cu,Zr --output dump.h5
expect "the same numbers" /usr/bin/python3 - <<'PY'
import h5py, numpy
one, two, dump = (h5py.File(name)["statistics"] for name in ("one.h5", "two.h5", "dump.h5"))
names = []
one.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
assert len(names) > 20
for name in names:
    assert numpy.array_equal(one[name][()], two[name][()], equal_nan=True), name
    assert "unit" in one[name].attrs and "long_name" in one[name].attrs, name
for name in ("coordination_Cu", "coordination_Zr", "first_peak_Cu-Zr"):
    assert numpy.isclose(one["rdf"][name][()], dump["rdf"][name][()], rtol=1e-3), name
PY

expect "a report of the built-in recipe" "$VITROMECH" report glass_analysis.h5 --output atoms.html
for figure in pair_distribution polyhedra bond_order; do
  expect "table of the figure $figure" test "$(wc -l <atoms_data/$figure.csv)" -gt 10
done

# the same atoms, a hundred of them moved
awk 'NR > 2 && NR < 103 { $2 += 0.3 } { print }' glass.xyz >moved.xyz
cat >moved.yaml <<YAML
schema: 1
analysis: [{statistic: d2min, reference: glass.xyz, cutoff: 0.37 nm}]
YAML
expect "two configurations" on_ranks 3 "$VITROMECH" analyze moved.xyz moved.yaml --output moved.h5
expect "and their figure" "$VITROMECH" report moved.h5 --output moved.html
expect "which has a table" test -s moved_data/d2min.csv

cat >both.yaml <<'YAML'
schema: 1
analysis: [{statistic: radial_intensity}, {statistic: rdf}]
YAML
on_ranks 2 "$VITROMECH" analyze glass.xyz both.yaml --output both.h5 >log 2>&1
expect "a list for cubes as well" test $? -eq 0
expect "which says what it leaves out" grep -q 'left out: radial_intensity' log

refused() { # refused WORDS-OF-THE-MESSAGE COMMAND...
  local message=$1
  shift
  "$@" >log 2>&1
  expect "$* is refused" test $? -eq 2
  expect "$*: $message" grep -q "$message" log
}
refused 'no statistic of atoms' "$VITROMECH" analyze glass.xyz "$VM_SOURCE_DIR/inputs/analysis/simulated_cube.yaml" --output no.h5
refused 'is no element' "$VITROMECH" analyze glass.dump.gz --types Cu,Qq
refused 'from 1 on' "$VITROMECH" analyze glass.dump.gz --types Cu,Zr --frame 0
refused 'frame 3 ' "$VITROMECH" analyze glass.dump.gz --types Cu,Zr --frame 3
refused 'known format' "$VITROMECH" analyze recipe.yaml
refused 'same positions' "$VITROMECH" analyze glass.xyz moved.yaml
refused 'beyond r_max' "$VITROMECH" analyze glass.xyz recipe.yaml --set "analysis.0.cutoff=2 nm"
expect "nothing is left of what failed" test ! -e no.h5 -a ! -e no.h5.part
finish
