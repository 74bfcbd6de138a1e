#!/usr/bin/env bash
# timeout: 240
# The cases of inputs/viscoelastic, on smaller grids, give the numbers that theory says.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
inputs=$VM_SOURCE_DIR/inputs/viscoelastic
run() { # run NAME DIRECTORY CELLS [WORDS...]
  "$VITROMECH" run --no-report "$inputs/$1.yaml" --set output.directory="$2" --set grid.cells="[$3, $3, $3]" "${@:4}" >"log_$2" 2>&1
}

expect "hysteresis_lanial" run hysteresis_lanial lanial 2
expect "hysteresis_cuzrag" run hysteresis_cuzrag cuzrag 2
expect "flow_units" run flow_units flow 4
expect "thermal_cycling" run thermal_cycling thermal 8 --set solver.time_step="10 s" --set 'output.every.time="20 s"'
for spread in 0.5 1 2 3; do
  expect "relaxation, spread $spread" run relaxation "relaxation_$spread" 8 --set material.vary.0.spread=$spread \
    --set solver.growth=1.6
  awk -F, 'NR == 1 || $2 == 1' "relaxation_$spread/history.csv" >"relaxation_$spread.csv"
  expect "fit, spread $spread" "$VITROMECH" fit kww "relaxation_$spread.csv" --x time --y stress_xy >"fit_$spread" 2>&1
done

expect "template" run case template 8
expect "the loop of the template" /usr/bin/python3 - <<'PYTHON'
import h5py

with h5py.File("template/result.h5") as f:
    h = f["history"]
    assert abs(h["work"][-1] - h["stored"][-1] - h["dissipated"][-1]) < 1e-8 * h["dissipated"][-1]
    assert abs(h["temperature"][-1] - 250) < 1e-9 and -6e-4 < h["strain"][-1, 0] < -4.8e-4
    assert len(f["statistics/cycles/area"]) == 2
PYTHON
expect "init" "$VITROMECH" init viscoelastic mine >log_init
expect "what init wrote is valid" "$VITROMECH" check mine/case.yaml >log_check

expect "expected numbers" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy
from numpy import pi


def read(directory):
    f = h5py.File(f"{directory}/result.h5")
    return f, {name: data[()] for name, data in f["history"].items()}


def loss(e2, time, omega):
    return e2 * omega * time / (1 + (omega * time) ** 2)


# Loops: a sine of 100 lines loses a share of pi^2/100^2; a triangle has odd harmonics. Third cycle: transients below 1e-4.
omega = 2 * pi / 1.35
f, h = read("lanial")
area = f["statistics/cycles/area"][-1]
exact = pi * loss(7, 1.5 / 7, omega) * 0.005 ** 2
print(f"figure: LaNiAl loop over pi E'' eps_a^2 - 1 = {area / exact - 1:.2e}")
assert abs(area / exact - 1) < 1.2e-3
f, h = read("cuzrag")
area = f["statistics/cycles/area"][-1]
exact = sum(pi * n * loss(12, 4 / 12, n * omega) * (8 / (pi * n) ** 2 * 0.005) ** 2 for n in range(1, 199, 2))
print(f"figure: CuZrAg loop over its harmonics - 1 = {area / exact - 1:.2e}")
assert abs(area / exact - 1) < 1.2e-3
assert abs(f["statistics/cycles/strain_amplitude"][-1, 0] / (8 / pi ** 2 * 0.005) - 1) < 1e-9

# Flow units: c(t) is the closed form of wang2019 eq. 3, 0.25 after 150 s; peak below 3 %, steady flow beyond 6 %.
f, h = read("flow")
c = 0.05 + h["grown_fraction"]
growth = numpy.exp(0.0123 * h["time"])
assert numpy.allclose(c, 0.05 * growth / (0.95 + 0.05 * growth), rtol=1e-9)
stress, strain = h["stress"][:, 0], h["strain"][:, 0]
crossing, peak = numpy.interp(0.25, c, strain), stress.argmax()
print(f"figure: c = 0.25 at strain {crossing:.4f}; strength [GPa] = {stress[peak]:.4f} at strain {strain[peak]:.4f}")
assert abs(crossing - 0.015) < 2e-4 and crossing < strain[peak] < 0.03
flow = stress[strain > 0.07]
assert numpy.ptp(flow) < 0.05 * stress[peak] and 0.8 * 0.35 < flow[-1] < 0.35
assert numpy.abs(h["work"] - h["stored"] - h["dissipated"]).max() < 1e-8 * h["work"].max()

# Uneven contraction: with uniform moduli the mean strain is that of the mean coefficient, and the pressure is
# -12KG/(3K+4G) times the fluctuation of the thermal strain, up to the discretisation and what has relaxed.
f, h = read("thermal")
cold = numpy.flatnonzero(h["stage"] == 0)[-1]
fields = f["fields"][f"{cold:06d}"]
expansion, pressure = fields["thermal_expansion"][()], fields["stress"][()][..., :3].mean(axis=-1)
warming = h["temperature"][cold] - 300
assert abs(warming + 223) < 1e-9
assert abs(h["strain"][cold, 0] / (expansion.mean() * warming) - 1) < 1e-5
ratio = pressure.std() / (12 * 100 * 32 / (3 * 100 + 4 * 32) * expansion.std() * 223)
print(f"figure: pressure over that of an elastic continuum = {ratio:.4f}")
assert 0.9 < ratio < 1.0
assert numpy.corrcoef(pressure.ravel(), expansion.ravel())[0, 1] > 0.95
assert abs(h["strain"][-1, 0]) < 1e-9 and 0 < h["dissipated"][-1] and 0 < h["stored"][-1] < 0.05 * h["stored"][cold]

# Emergent stretched exponential: beta falls as the spread of the viscosities grows.
betas = []
for spread in ("0.5", "1", "2", "3"):
    text = open(f"fit_{spread}").read()
    betas.append(float(next(line.split()[1] for line in text.splitlines() if line.startswith("beta"))))
    f, h = read(f"relaxation_{spread}")
    stress = h["stress"][:, 5]
    start = numpy.flatnonzero(h["stage"] == 1)[0]
    assert abs(stress[start] / (2 * 32 * 0.01) - 1) < 1e-4
    assert stress[-1] > 2 * 2 * 0.01 * (1 - 1e-6) and numpy.all(numpy.diff(stress[start:]) < 1e-9)
print("figure: beta at spread 0.5, 1, 2, 3 = " + ", ".join(f"{beta:.3f}" for beta in betas))
assert 0.9 < betas[0] < 1 and numpy.all(numpy.diff(betas) < -0.05), betas
PYTHON
finish
