#!/usr/bin/env bash
# timeout: 120
# Stages of steady oscillation and fits of relaxation: closed form, loop area, shift factors, emergent KWW exponent, ranks, stop, bad input.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

body() { # body CELLS SPREAD ENERGY
  cat <<YAML
schema: 1
name: oscillation
seed: 3
grid: {cells: [$1, $1, $1], spacing: 1 nm}
temperature: 600 K
material:
  {law: zener, relaxed_shear_modulus: 2 GPa, flow_unit_shear_modulus: 28 GPa, viscosity: 28 GPa s, bulk_modulus: 100 GPa,
   activation_energy: $3 eV, reference_temperature: 600 K, vary: [{parameter: viscosity, distribution: lognormal, spread: $2}]}
YAML
}
expect_python() { # expect_python DESCRIPTION, script on stdin
  /usr/bin/python3 -
  expect "$1" test $? -eq 0
}

# One solid: the closed form at every point, and its activation energy.
{
  body 1 1e-9 2.5
  cat <<'YAML'
loading:
  - {programme: harmonic, amplitude: {xy: {strain: 1e-3}}, frequencies: {from: 1e-3 Hz, to: 1 kHz}, temperatures: {from: 580 K, to: 640 K, points: 7}, fit: havriliak_negami}
output: {directory: one, fields: [stress]}
YAML
} >one.yaml
"$VITROMECH" run one.yaml --no-report >log_one
expect "one solid" test $? -eq 0
expect_python "E', E'' of the three-parameter solid to 1e-8, E to 1e-3, Debye" <<'PYTHON'
import csv, math, sys
import h5py
for row in csv.DictReader(open("one/harmonic.csv")):
    T, w = float(row["temperature [K]"]), float(row["omega [1/s]"])
    x = w * math.exp(2.5 / 8.617333262e-5 * (1 / T - 1 / 600))
    if abs(float(row["storage [GPa]"]) - 2 - 28 * x * x / (1 + x * x)) > 1e-6 or abs(float(row["loss [GPa]"]) - 28 * x / (1 + x * x)) > 1e-6:
        sys.exit(str(row))
h = h5py.File("one/result.h5")["statistics/harmonic"]
energy = h["shift_arrhenius/parameter_activation_energy"][0]
print("figure: activation energy over the true one", energy / 2.5)
if abs(energy / 2.5 - 1) > 1e-3 or abs(h["fit/parameter_alpha"][0] - 1) > 2e-3 or abs(h["fit/parameter_gamma"][0] - 1) > 2e-3:
    sys.exit(f"E = {energy}")
PYTHON

# A heterogeneous body: same bits on any number of ranks.
{
  body 5 1.5 2.5
  cat <<'YAML'
loading:
  - {programme: harmonic, amplitude: {xy: {strain: 1e-3}}, frequencies: {from: 0.1 Hz, to: 10 Hz, points: 5}, temperatures: {from: 590 K, to: 620 K, points: 2}, stiffness: true, fields: true}
output: {directory: many, fields: [stress]}
YAML
} >many.yaml
"$VITROMECH" run many.yaml --no-report >log_1
expect "heterogeneous body" test $? -eq 0
on_ranks 3 "$VITROMECH" run many.yaml --set output.directory=many_3 --no-report >log_3
expect "heterogeneous body on 3 ranks" test $? -eq 0
expect "same spectrum on 3 ranks" cmp many/harmonic.csv many_3/harmonic.csv
expect_python "same bits on 3 ranks; symmetric stiffness; sound energies" <<'PYTHON'
import math, sys
import h5py, numpy
a, b = (h5py.File(f"{d}/result.h5")["statistics"] for d in ("many", "many_3"))
names = []
a["harmonic"].visititems(lambda n, item: names.append(n) if isinstance(item, h5py.Dataset) else None)
bad = [n for n in names if a["harmonic"][n][()].tobytes() != b["harmonic"][n][()].tobytes()]
if bad:
    sys.exit(f"not the same: {bad}")
h = a["harmonic"]
stiffness = h["stiffness_loss"][()].reshape(2, 5, 6, 6)
if abs(stiffness - stiffness.swapaxes(2, 3)).max() > 1e-3 * abs(stiffness).max():
    sys.exit("stiffness is not symmetric")
if abs(stiffness[..., 5, 5] / 2 - h["loss"][()]).max() > 1e-4 * h["loss"][()].max():
    sys.exit("C_xyxy is not the shear modulus")
if abs(h["dissipation"][()] / (4 * math.pi * h["loss"][()] * 1e-6) - 1).max() > 1e-4:
    sys.exit("dissipation is not pi gamma^2 G''")
at = numpy.unravel_index(h["tan_delta"][()].argmax(), (2, 5))
if abs(h["dissipation_field"][()].mean() / h["dissipation"][at] - 1) > 1e-4:
    sys.exit("the field of dissipation has another mean")
PYTHON

# The loop of a sine has the area of the loss modulus.
{
  body 4 1.5 0
  cat <<'YAML'
loading:
  - {programme: harmonic, amplitude: {xx: {stress: 1 MPa}}, control: {yy: {stress: 0 GPa}, zz: {stress: 0 GPa}}, frequencies: {from: 0.2 Hz, to: 0.2 Hz, points: 1}}
  - {programme: cyclic, waveform: sine, points: 60, amplitude: {xx: {strain: 1e-3}}, control: {yy: {stress: 0 GPa}, zz: {stress: 0 GPa}}, period: 5 s, cycles: 5}
output: {directory: loop, fields: [stress]}
YAML
} >loop.yaml
"$VITROMECH" run loop.yaml --no-report >log_l
expect "loop" test $? -eq 0
expect_python "area of the loop" <<'PYTHON'
import math, sys
import h5py
a = h5py.File("loop/result.h5")["statistics"]
ratio = a["cycles/area"][-1] / (math.pi * a["harmonic/loss"][0, 0] * 1e-6)
print("figure: area of the loop over pi E'' eps_a^2", ratio)
if abs(ratio - 1) > 10 / 60**2 + 1e-3:
    sys.exit(f"ratio {ratio}")
PYTHON

# Stopped between two temperatures it goes on with the same bits.
{
  body 12 1.5 2.5
  cat <<'YAML'
loading:
  - {programme: harmonic, amplitude: {xy: {strain: 1e-3}}, frequencies: {from: 0.01 Hz, to: 100 Hz, points: 9}, temperatures: {from: 590 K, to: 620 K, points: 8}}
output: {directory: whole, fields: [stress]}
YAML
} >stop.yaml
again() { "$VITROMECH" run stop.yaml --set output.directory=stopped --set output.checkpoint_every="0 s" --no-report; }
again >log_s 2>&1 &
pid=$!
for _ in $(seq 400); do
  [ -e stopped/checkpoint.h5 ] && break
  sleep 0.02
done
pkill -USR2 -P $pid
wait $pid
code=$?
expect "stopped with 85" test $code -eq 85
again >log_s
expect "goes on after a stop" test $? -eq 0
"$VITROMECH" run stop.yaml --no-report >log_w
expect "the same spectrum after a stop" cmp stopped/harmonic.csv whole/harmonic.csv

# Wider spreads of viscosity stretch the relaxation.
{
  body 8 0.01 0
  cat <<'YAML'
loading:
  - {programme: strain_rate, control: {xy: {strain_rate: 100 1/s}}, until: {xy: 0.001}}
  - {programme: relaxation, duration: 1000 s, fit: kww}
solver: {first_step: 1e-4 s, growth: 1.25}
output: {directory: spread, fields: [stress], every: {steps: 1}}
YAML
} >spread.yaml
for spread in 1e-9 0.75 1.5 3; do
  "$VITROMECH" run spread.yaml --set "material.vary.0.spread=$spread" --set "output.directory=spread_$spread" --no-report >log_$spread
  expect "relaxation, spread $spread" test $? -eq 0
done
expect_python "beta_KWW is 1 for one viscosity and falls with the spread" <<'PYTHON'
import sys
import h5py
beta = [h5py.File(f"spread_{s}/result.h5")["statistics/relaxation_1/parameter_beta"][0] for s in ("1e-9", "0.75", "1.5", "3")]
print("figure: beta_KWW of spreads 0, 0.75, 1.5, 3 of ln eta:", *(f"{b:.4f}" for b in beta))
if abs(beta[0] - 1) > 1e-3 or not beta[0] > beta[1] + 0.05 > beta[2] + 0.1 > beta[3] + 0.15:
    sys.exit("beta does not fall")
PYTHON

small_case 4 0.001 >kinetics.yaml
sed -i '/programme: strain_rate/s/.*/  - {programme: harmonic, amplitude: {xy: {strain: 1e-3}}, frequencies: {from: 1 Hz, to: 2 Hz}}/' kinetics.yaml
"$VITROMECH" run kinetics.yaml 2>message
expect "harmonic with kinetics: exit 2" test $? -eq 2
expect "harmonic with kinetics: message" grep -q "without kinetics" message
finish
