#!/usr/bin/env bash
# timeout: 240
# Kinetics with flow units and voxels of other moduli: the same bits on any number of ranks and after stops; fields; what is
# refused.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 4 0.034 | sed -e 's/correlation_length: 3.4 nm, barrier_ratio: 0.85}/correlation_length: 3.4 nm, material: {law: elastic, shear_modulus: 20 GPa, bulk_modulus: 85 GPa}}/' \
  -e 's/bulk_modulus: 101.2 GPa}/bulk_modulus: 101.2 GPa, vary: [{parameter: shear_modulus, distribution: gaussian, spread: 0.05}]}/' \
  -e '/^output/d' >case.yaml
cat >>case.yaml <<'YAML'
solver: {refresh: 30}
output: {directory: out, every: {strain: 0.002}, fields: [plastic_strain, stress, displacement, flow_unit], checkpoint_every: 0.2 s}
YAML
for n in 1 2 3 5; do
  expect "$n ranks" on_ranks "$n" "$VITROMECH" run --no-report case.yaml --set output.directory="n$n" >"log_n$n" 2>&1
  [ "$n" -eq 1 ] || expect "$n ranks: same results as 1" same_results n1 "n$n"
done

in_pieces stopped 2 1 case.yaml
expect "resumed to the end, exit $status" "$VITROMECH" run --no-report case.yaml --set output.directory=stopped >>log_stopped 2>&1
expect "stopped and resumed: same results" same_results n1 stopped
expect "some stops landed, not $stops" test "$stops" -ge 1
echo "$stops stops"

expect "mean of the fields, and stresses that are prescribed" /usr/bin/python3 - n1/result.h5 <<'PYTHON'
import sys

import h5py
import numpy

with h5py.File(sys.argv[1]) as f:
    h = {name: f["history"][name][()] for name in f["history"]}
    last = f["fields"][sorted(f["fields"])[-1]]
    stress, plastic = last["stress"][()], last["plastic_strain"][()]
creep = h["stage"] == 1
assert numpy.all(h["stress"][creep, :3] == 0) and numpy.all(h["stress"][creep, 5] == 0.3)
miss = numpy.abs(stress.mean(axis=(0, 1, 2)) - h["stress"][-1]).max()
print(f"figure: mean of the stress field less the mean stress = {miss:.2e} GPa")
assert miss < 1e-6
# the strain that events leave without load is not the mean of their eigenstrain where moduli differ
assert numpy.abs(plastic.mean(axis=(0, 1, 2)) - h["plastic_strain"][-1]).max() > 1e-5
print(f"figure: events = {h['events'][-1]:.0f}")
PYTHON
# The case of inputs/kinetics before its first event: the modulus lies between the bounds of Hashin and Shtrikman.
expect "soft flow units" "$VITROMECH" run --no-report "$VM_SOURCE_DIR/inputs/kinetics/soft_flow_units.yaml" \
  --set loading.0.until.xy=0.002 --set output.directory=soft >log_soft 2>&1
expect "modulus of soft flow units" /usr/bin/python3 - soft/result.h5 <<'PYTHON'
import sys

import h5py


def bound(k1, g1, k2, g2, share):
    return g1 + share / (1 / (g2 - g1) + 6 * (1 - share) * (k1 + 2 * g1) / (5 * g1 * (3 * k1 + 4 * g1)))


with h5py.File(sys.argv[1]) as f:
    assert f["history/events"][-1] == 0
    modulus = f["history/stress"][-1, 5] / (2 * f["history/strain"][-1, 5])
low, high = bound(90, 23.1, 104, 33, 0.8), bound(104, 33, 90, 23.1, 0.2)
print(f"figure: shear modulus = {modulus:.3f} GPa, bounds {low:.3f} and {high:.3f}")
assert low < modulus < high
PYTHON
expect "check says what it costs" sh -c "'$VITROMECH' check case.yaml | grep -q 'more than .* iterations of equilibrium per event'"

refuse() { # refuse NAME SED-SCRIPT PATTERN
  sed -E "$2" case.yaml >"$1.yaml"
  expect "$1: the case is changed" sh -c "! cmp -s $1.yaml case.yaml"
  "$VITROMECH" check "$1.yaml" >"$1.out" 2>&1
  expect "$1: exit 2" test $? -eq 2
  expect "$1: \"$3\": $(head -c 400 "$1.out")" grep -qE -- "$3" "$1.out"
}
refuse thinned 's/law: stz/law: stz\n  finder: thinned/' 'use finder: full'
refuse extremal 's/law: stz/law: stz\n  finder: extremal/' 'use finder: full'
refuse relaxing 's/material: \{law: elastic, shear_modulus: 20 GPa/relaxation: {shear_modulus: 8 GPa, viscosity: 1.5 GPa s}, &/' 'leave material.vary out, or relaxation'
refuse expanding 's/bulk_modulus: 85 GPa/&, thermal_expansion: 1e-5 1\/K/' 'has to be the same everywhere'
refuse viscous 's/\{law: elastic, shear_modulus: 20 GPa, /{law: zener, relaxed_shear_modulus: 12 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, /' 'zener is not purely elastic'
expect "too few iterations: exit 70" sh -c "'$VITROMECH' run --no-report case.yaml --set output.directory=few --set solver.max_iterations=1 >few.out 2>&1; test \$? -eq 70"
expect "too few iterations: says so: $(head -c 400 few.out)" grep -q 'more solver.max_iterations' few.out
finish
