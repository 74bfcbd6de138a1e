#!/usr/bin/env bash
# timeout: 120
# `vitromech glass`: the same file on any number of ranks, deformed by the case's own run, errors before a run.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

{
  small_case 8 0.01
  echo "glass:"
  echo "  structure: $VM_SOURCE_DIR/inputs/glasses/zr50cu35al15_10976.xyz.gz"
  echo "  size: [11.68 nm, 11.68 nm, 11.68 nm]"
  echo "  thickness: 5 nm"
  echo "  clusters: [{symmetry: b2, volume_fraction: 0.05, gap: 0.2 nm}]"
} | sed 's/1.703 nm/1.46 nm/; /^  - {programme: creep/d; /^  - {programme: relaxation/d' >case.yaml

"$VITROMECH" glass case.yaml >log 2>&1
expect "a case that was not run is refused" test $? -eq 2
expect "and the message says what to do" grep -q 'vitromech run case.yaml' log
expect "undeformed atoms need no run" "$VITROMECH" glass case.yaml --set glass.deform=false --output whole.xyz
expect "the run ends" "$VITROMECH" run case.yaml
for n in 1 2 3; do
  expect "glass on $n ranks" on_ranks $n "$VITROMECH" glass case.yaml --output "atoms_$n.xyz"
  expect "the same atoms on $n ranks" cmp atoms_1.xyz "atoms_$n.xyz"
done
expect "nothing is left half-written" test ! -e atoms_1.xyz.part
expect "the strain is in the lattice" grep -q 'Lattice="116.8[0-9]* 1.168' atoms_1.xyz
expect "a foil is not periodic in z" grep -q 'pbc="T T F"' atoms_1.xyz
expect "every line is there" awk 'NR == 1 { n = $1 } END { exit !(n > 30000 && NR == n + 2) }' atoms_1.xyz
expect "deformed and undeformed atoms differ" bash -c '! cmp -s atoms_1.xyz whole.xyz'
expect "no missing directory is made up" bash -c '"$VITROMECH" glass case.yaml --output none/a.xyz 2>/dev/null; test $? -eq 74'
finish
