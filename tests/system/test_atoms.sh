#!/usr/bin/env bash
# timeout: 120
# Atoms of one glass as extended XYZ, LAMMPS data and LAMMPS dump: `info`, `glass` and `diffract --atoms` see the same.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

zcat "$VM_SOURCE_DIR/inputs/glasses/cu64zr36_10976.xyz.gz" >glass.xyz
edge=55.89969906
# Atoms in reverse order, with image flags.
awk -v edge=$edge 'NR == 1 { n = $1
    printf "title\n\n%d atoms\n2 atom types\n\n0 %s xlo xhi\n0 %s ylo yhi\n0 %s zlo zhi\n\n", n, edge, edge, edge
    print "Masses\n\n1 63.546\n2 91.224\n\nAtoms # atomic\n" }
  NR > 2 { row[NR - 2] = sprintf("%d %d %s %s %s 1 0 -1", NR - 2, $1 == "Cu" ? 1 : 2, $2, $3, $4) }
  END { for (i = n; i > 0; --i) print row[i] }' glass.xyz | gzip >glass.lmp.gz
awk -v edge=$edge 'NR == 1 { print "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n" $1 "\nITEM: BOX BOUNDS pp pp pp"
    for (d = 0; d < 3; ++d) print 0, edge
    print "ITEM: ATOMS element id y z x" }
  NR > 2 { print $1, NR - 2, $3, $4, $2 }' glass.xyz >elements.dump
sed 's/ATOMS element/ATOMS type/; s/^Cu /1 /; s/^Zr /2 /' elements.dump >types.dump

for file in glass.xyz glass.lmp.gz elements.dump; do
  "$VITROMECH" info "$file" | tail -n +2 >"info_$file"
  expect "info $file" grep -q "^ *Cu *$(grep -c ^Cu glass.xyz) " "info_$file"
  expect "info $file says what it says of extended XYZ" cmp info_glass.xyz "info_$file"
done

cat >case.yaml <<YAML
schema: 1
name: atoms
seed: 7
glass: {structure: glass.xyz, thickness: 3 nm, deform: false}
microscope:
  voltage: 300 kV
  semi_angle: 1.15 mrad
  scan: {points: [2, 2], step: 1 nm}
  detector: {pixels: [32, 32], pitch: 0.5 1/nm, dose: 1e6}
output: {directory: out}
YAML
expect "glass of XYZ" "$VITROMECH" glass case.yaml --output xyz.xyz
expect "glass of data" on_ranks 2 "$VITROMECH" glass case.yaml --set glass.structure=glass.lmp.gz --output data.xyz
expect "glass of a dump" "$VITROMECH" glass case.yaml --set glass.structure=elements.dump --output dump.xyz
expect "glass of a dump with types" "$VITROMECH" glass case.yaml --set glass.structure=types.dump \
  --set "glass.species=[Cu, Zr]" --output types.xyz
for file in data dump types; do expect "$file builds the same glass" cmp xyz.xyz $file.xyz; done

"$VITROMECH" glass case.yaml --set glass.structure=types.dump --output none.xyz 2>log
expect "types without elements are refused" test $? -eq 2
expect "and the message names the line and the way out" grep -q 'types.dump:9: .*species' log
"$VITROMECH" glass case.yaml --set "glass.species=[Cu, Qq]" --output none.xyz 2>log
expect "species that are no elements are refused" test $? -eq 2
expect "by name" grep -q 'Qq' log
"$VITROMECH" glass case.yaml --set glass.frame=2 --set glass.structure=elements.dump --output none.xyz 2>log
expect "a frame that is not there is refused" test $? -eq 2
head -c 100000 elements.dump >cut.dump
"$VITROMECH" info cut.dump 2>log
expect "a cut file is refused" test $? -eq 2
expect "by line" grep -Eq 'cut.dump:[0-9]+: ' log

for file in glass.xyz glass.lmp.gz elements.dump; do
  expect "diffract --atoms $file" "$VITROMECH" diffract case.yaml --atoms "$file" --output "${file%%.*}_${file##*.}.h5"
done
for file in glass_gz.h5 elements_dump.h5; do
  expect "$file has the patterns of extended XYZ" /usr/bin/python3 -c "
import h5py, numpy
a, b = (h5py.File(name)['datacube_root/datacube/data'][()] for name in ('glass_xyz.h5', '$file'))
assert a.size and numpy.array_equal(a, b)"
done
finish
