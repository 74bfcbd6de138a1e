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

cat >atoms.yaml <<YAML
schema: 1
name: atoms and nothing else
output: {directory: atoms}
glass: {structure: $VM_SOURCE_DIR/inputs/glasses/al_fcc_4.xyz, tiling: copies, size: [1.6198 nm, 1.6198 nm, 1.6198 nm]}
analysis:
  - {statistic: bond_order, cutoff: 0.345 nm}
  - {statistic: rdf, r_max: 0.7 nm}
YAML
expect "atoms of a case are analysed in its run" on_ranks 2 "$VITROMECH" run atoms.yaml
expect "and in a run of their own" "$VITROMECH" analyze atoms/glass.xyz atoms.yaml --output alone.h5
expect "with the same numbers, those of a face-centred crystal" /usr/bin/python3 - <<'PYTHON'
import h5py

with h5py.File("atoms/analysis.h5") as run, h5py.File("alone.h5") as alone:
    assert set(run["statistics"]) == {"bond_order", "rdf"}
    for path in ("bond_order/mean_q6", "bond_order/q4", "rdf/coordination"):
        assert (run["statistics"][path][()] == alone["statistics"][path][()]).all(), path
    q = run["statistics/bond_order"]
    assert abs(q["largest_q6_average"][()] - 0.57452) < 0.01, q["largest_q6_average"][()]
PYTHON
expect "a run that is complete is left alone" bash -c '"$VITROMECH" run atoms.yaml 2>&1 | grep -q "already complete"'
{ small_case 8 0.01; echo "analysis: [{statistic: rdf}]"; } >none.yaml
"$VITROMECH" check none.yaml >log 2>&1
expect "without a glass block they are refused" test $? -eq 2
expect "and it is said why" grep -q "reads atoms, but the case has no glass block" log
finish
