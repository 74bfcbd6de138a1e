#!/usr/bin/env bash
# timeout: 240
# Runs without kinetics: expected strains and stresses, loops and energies; the same bits on any number of ranks and after
# any stop; input that cannot be run is refused, and a solver that does not converge ends with exit 70.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
run() { "$VITROMECH" run --no-report "$@"; }

# A three-parameter solid with viscosities of all sizes, and flow units of another law.
cat >case.yaml <<'YAML'
schema: 1
name: heterogeneous
seed: 3
temperature: 300 K
grid: {cells: [5, 4, 6], spacing: 1 nm}
material:
  law: zener
  relaxed_shear_modulus: 24 GPa
  flow_unit_shear_modulus: 8 GPa
  viscosity: 1.5 GPa s
  bulk_modulus: 100 GPa
  thermal_expansion: 1e-5 1/K
  vary:
    - {parameter: viscosity, distribution: lognormal, spread: 1.0, correlation_length: 2 nm}
    - {parameter: thermal_expansion, distribution: gaussian, spread: 0.3}
flow_units:
  generator: gaussian_field
  fraction: 0.2
  correlation_length: 2 nm
  material: {law: flow_unit, matrix_shear_modulus: 30 GPa, flow_unit_shear_modulus: 10 GPa, saturation_stress: 1 GPa, bulk_modulus: 90 GPa, initial_fraction: 0.1, rate_constant: 1 1/s}
solver: {strain_step: 2e-3}
loading:
  - {programme: strain_rate, control: {xy: {strain_rate: 1e-2 1/s}, xx: {stress: 0 GPa}}, until: {xy: 0.02}}
  - {programme: creep, control: {xy: {stress: 0.8 GPa}, xx: {stress: 0 GPa}, yy: {stress: 0 GPa}, zz: {stress: 0 GPa}}, until: {xy: 0.0202}, duration: 10 s}
  - {programme: relaxation, temperature: {rate: 10 K/s, to: 350 K}}
  - {programme: relaxation, duration: 10 s, temperature: {rate: 10 K/s, to: 300 K}}
  - {programme: cyclic, amplitude: {xy: {strain: 0.005}}, period: 1 s}
output: {every: {strain: 1e-3, steps: 3}, fields: [strain, stress, plastic_strain, displacement, viscosity, shear_modulus, bulk_modulus, thermal_expansion, grown_fraction, flow_unit]}
YAML
for n in 1 2 3 4; do
  expect "$n ranks" on_ranks "$n" "$VITROMECH" run --no-report case.yaml --set output.directory="n$n" >"log_n$n" 2>&1
  [ "$n" -eq 1 ] || expect "$n ranks: same results as 1" same_results n1 "n$n" history fields statistics
done

in_pieces stopped 3 2 case.yaml
expect "resumed to the end, exit $status" run case.yaml --set output.directory=stopped >>log_stopped 2>&1
expect "stopped and resumed: same results" same_results n1 stopped history fields statistics
expect "some stops landed, not $stops" test "$stops" -ge 2
echo "$stops stops"

expect "limits, temperatures and energies" /usr/bin/python3 - n1/result.h5 <<'PYTHON'
import sys

import h5py
import numpy

with h5py.File(sys.argv[1]) as f:
    h = {name: f["history"][name][()] for name in f["history"]}
    fields = {name: data[()] for name, data in f["fields"][sorted(f["fields"])[-1]].items()}
    cycles = f["statistics/cycles/area"][()]
end = [numpy.flatnonzero(h["stage"] == s)[-1] for s in range(5)]
assert abs(h["strain"][end[0], 5] - 0.02) < 1e-15
assert abs(h["strain"][end[1], 5] / 0.0202 - 1) < 1e-6, h["strain"][end[1]]
assert h["stress"][end[1], 5] == 0.8 and h["temperature"][end[1]] == 300
assert abs(h["temperature"][end[2]] - 350) < 1e-9 and abs(h["time"][end[2]] - h["time"][end[1]] - 5) < 1e-9
assert h["temperature"][end[3]] == 300 and abs(h["time"][end[3]] - h["time"][end[2]] - 10) < 1e-9
balance = numpy.abs(h["work"] - h["stored"] - h["dissipated"]).max()
print(f"figure: energy balance over work = {balance / h['work'].max():.2e}")
assert balance < 1e-8 * h["work"].max()
assert numpy.all(numpy.diff(h["dissipated"]) > -1e-12) and len(cycles) == 1 and cycles[0] > 0
voxels = fields["flow_unit"].size
soft = fields["flow_unit"] > 0
assert abs(soft.mean() - 0.2) <= 0.5 / voxels and numpy.all(fields["viscosity"][soft] == 0)
assert numpy.allclose(fields["shear_modulus"][~soft], 32) and numpy.allclose(fields["shear_modulus"][soft], 28)
assert fields["grown_fraction"][~soft].max() == 0 and fields["grown_fraction"][soft].min() > 0
assert numpy.allclose(fields["strain"].mean(axis=(0, 1, 2)), h["strain"][-1], atol=1e-12)
assert numpy.allclose(fields["stress"].mean(axis=(0, 1, 2)), h["stress"][-1], atol=1e-5)
assert abs(h["grown_fraction"][-1] - fields["grown_fraction"].mean()) < 1e-12
PYTHON

# One voxel of one law is a material point: area and lag of a loop, thermal strain and stress.
cat >point.yaml <<'YAML'
schema: 1
name: point
temperature: 300 K
grid: {cells: [2, 2, 2], spacing: 1 nm}
material: {law: zener, relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: 100 GPa, thermal_expansion: 1e-5 1/K}
loading:
  - {programme: cyclic, waveform: sine, points: 200, amplitude: {xy: {strain: 0.005}}, period: 1 s, cycles: 4}
  - {programme: relaxation, temperature: {rate: -2 K/s, to: 280 K}}
  - {programme: creep, control: {xx: {stress: 0 GPa}, yy: {stress: 0 GPa}, zz: {stress: 0 GPa}}, temperature: {rate: 2 K/s, to: 350 K}}
output: {directory: point, fields: [stress]}
YAML
expect "material point" run point.yaml >log_point 2>&1
expect "loop of a three-parameter solid, free and hindered expansion" /usr/bin/python3 - point/result.h5 <<'PYTHON'
import sys

import h5py
import numpy

with h5py.File(sys.argv[1]) as f:
    h = {name: f["history"][name][()] for name in f["history"]}
    c = {name: f["statistics/cycles"][name][()] for name in f["statistics/cycles"]}
x = 2 * numpy.pi * 1.5 / 8
storage, loss = 24 + 8 * x * x / (1 + x * x), 8 * x / (1 + x * x)
points = 2 * numpy.pi / 200  # straight lines between points of a sine have sinc^2 of its amplitude
chord = (numpy.sin(points / 2) / (points / 2)) ** 2
area = numpy.pi * loss * 0.01 ** 2  # of engineering shear strain
print(f"figure: area of the loop over pi E'' eps_a^2 - 1 = {c['area'][-1] / area - 1:.2e}")
print(f"figure: lag [rad] = {c['phase_lag'][-1, 5]:.8f}, exact {numpy.arctan2(loss, storage):.8f}")
assert abs(c["area"][-1] / area - 1) < 10 / 200 ** 2
assert abs(c["strain_amplitude"][-1, 5] / (0.005 * chord) - 1) < 1e-9
assert abs(c["stress_amplitude"][-1, 5] / (2 * numpy.hypot(storage, loss) * 0.005) - 1) < 10 / 200 ** 2
assert abs(c["phase_lag"][-1, 5] - numpy.arctan2(loss, storage)) < 2e-5
assert len(c["area"]) == 4 and numpy.isnan(c["phase_lag"][0, 0])
cold, warm = (numpy.flatnonzero(h["stage"] == s)[-1] for s in (1, 2))
assert abs(h["time"][cold] - 14) < 1e-9 and abs(h["time"][warm] - 49) < 1e-9
assert numpy.allclose(h["stress"][cold, :3], 3 * 100 * 1e-5 * 20, rtol=1e-6)
assert numpy.allclose(h["strain"][warm, :3], 1e-5 * 50, rtol=1e-6)
PYTHON

# Maps from files.
/usr/bin/python3 - <<'PYTHON'
import h5py
import numpy

with h5py.File("maps.h5", "w") as f:
    f["flow"] = (numpy.arange(120).reshape(5, 4, 6) % 3 == 0).astype("i4")
    f["factor"] = 1 + numpy.arange(120.0).reshape(5, 4, 6) / 120
    f["small"] = numpy.ones((5, 4, 7))
    f["negative"] = -numpy.ones((5, 4, 6))
PYTHON
sed -e 's/generator: gaussian_field/generator: file/; s/  fraction: 0.2/  path: maps.h5/; s/^  correlation_length: 2 nm/  dataset: flow/' \
  -e 's/distribution: gaussian, spread: 0.3/distribution: file, path: maps.h5, dataset: factor/' -e '/creep\|relaxation\|cyclic/d' case.yaml >file.yaml
expect "maps of files" on_ranks 2 "$VITROMECH" run --no-report file.yaml --set output.directory=maps >log_maps 2>&1
expect "flow units and factors of the file, and its checksum" /usr/bin/python3 - maps/result.h5 <<'PYTHON'
import hashlib
import sys

import h5py
import numpy

with h5py.File(sys.argv[1]) as f, h5py.File("maps.h5") as maps:
    fields = f["fields"][sorted(f["fields"])[-1]]
    assert numpy.array_equal(fields["flow_unit"][()], maps["flow"][()])
    soft = maps["flow"][()] == 1
    assert numpy.allclose(fields["thermal_expansion"][()][~soft], 1e-5 * maps["factor"][()][~soft], rtol=1e-14)
    sums = dict(f["provenance/files"].attrs)
    assert any(hashlib.sha256(open("maps.h5", "rb").read()).hexdigest() in str(v) for v in sums.values()), sums
PYTHON

refuse() { # refuse STATUS NAME SED-SCRIPT PATTERN [FILE]
  sed -E "$3" "${5:-case.yaml}" >"$2.yaml"
  expect "$2: the case is changed" sh -c "! cmp -s $2.yaml ${5:-case.yaml}"
  timeout 60 "$VITROMECH" run --no-report "$2.yaml" --set output.directory="$2" >"$2.out" 2>"$2.err"
  local status=$?
  expect "$2: exit $1, not $status" test "$status" -eq "$1"
  expect "$2: \"$4\": $(head -c 400 "$2.err")" grep -qE -- "$4" "$2.err"
}
refuse 2 varies_not 's/parameter: viscosity/parameter: viscoelasticity/' 'viscoelasticity.*may vary; there are: thermal_expansion, '
refuse 2 varies_twice 's/parameter: thermal_expansion/parameter: viscosity/' 'varies twice'
refuse 2 no_such_field 's/displacement, viscosity/barrier, viscosity/' 'without kinetics has no field barrier'
refuse 2 no_events 's/until: \{xy: 0.02\}/until: {xy: 0.02, events: 4}/' 'until.events is never reached'
refuse 2 no_fraction '/^  fraction: 0.2/d' 'needs fraction'
refuse 2 open_steps 's/, duration: 10 s\}/}/' 'solver.time_step'
refuse 2 missing_file 's/maps.h5/map.h5/' 'cannot read the file map.h5' file.yaml
refuse 2 missing_dataset 's/dataset: flow/dataset: flows/' 'no dataset flows' file.yaml
refuse 2 other_shape 's/dataset: factor/dataset: small/' 'small.*5 x 4 x 6' file.yaml
refuse 2 negative_factors 's/dataset: factor/dataset: negative/' 'not positive' file.yaml
refuse 2 kinetics_of_viscous 's/^solver:/kinetics: {law: stz, stz_volume: 0.9 nm^3, barrier: {law: linear, mean: 1 eV}}\nsolver:/' 'not purely elastic'
refuse 70 too_few_iterations '/^flow_units/,/law: flow_unit/d; s/flow_unit\]/stress]/; s/^solver: \{/solver: {max_iterations: 1, /' 'no equilibrium after t = .* in stage 0'
expect "not converged: the file says so" /usr/bin/python3 -c "
import h5py
assert h5py.File('too_few_iterations/result.h5').attrs['status'] in ('failed', b'failed')"
expect "not converged: status" grep -q failed too_few_iterations/status.json
expect "not converged: last good state" test -s too_few_iterations/checkpoint.h5
finish
