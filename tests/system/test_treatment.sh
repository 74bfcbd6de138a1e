#!/usr/bin/env bash
# timeout: 180
# Treatments one after the other on the same glass, stopped and resumed anywhere on other numbers of ranks with the same results;
# cryogenic cycling of a glass whose flow units expand more than their matrix makes stress, events and flow units, and without
# that difference does nothing.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

cat >treated.yaml <<'YAML'
schema: 1
seed: 4
temperature: 300 K
grid: {cells: [6, 6, 6], spacing: 1.703 nm}
material: {law: elastic, shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa, thermal_expansion: 1e-5 1/K}
flow_units: {generator: gaussian_field, fraction: 0.2, correlation_length: 3.4 nm, thermal_expansion: 4e-5 1/K}
kinetics:
  law: stz
  modes: 6
  stz_volume: 1.6 nm^3
  barrier: {law: linear, mean: 1.3 eV, spread: 0.1 eV, per: voxel}
  memory: {law: flow_units, barrier_ratio: 0.8, creation: 0.5, ageing_time: 100 s, activation_energy: 0.3 eV}
loading:
  - {programme: annealing, temperature: {rate: 10 K/s, to: 350 K}, duration: 50 s}
  - {programme: annealing, temperature: {rate: 10 K/s, to: 250 K}}
  - {programme: tension, strain_rate: 1e-4 1/s, strain: 0.03}
  - {programme: unloading, duration: 50 s}
  - {programme: cyclic, amplitude: {xy: {strain: 0.01}}, period: 100 s, cycles: 2, control: {xx: {stress: 0 GPa}, yy: {stress: 0 GPa}, zz: {stress: 0 GPa}}}
  - {programme: thermal_cycle, low: 77 K, high: 300 K, rate: 10 K/s, hold: 5 s, cycles: 1}
  - {programme: compression, axis: xx, strain_rate: 1e-4 1/s, strain: 0.01}
  - {programme: shear, plane: yz, shear_rate: 2e-4 1/s, shear: 0.02}
output: {directory: whole, every: {strain: 0.002}, fields: [plastic_strain, stress, memory_state], checkpoint_every: 0.1 s}
YAML
expect "a chain of treatments" "$VITROMECH" run --no-report treated.yaml >log_whole
in_pieces stopped 2 2 treated.yaml
expect "stopped and resumed: same results" same_results whole stopped history events fields statistics
echo "$stops stops"

sed -e '/^loading:/,$d; s/stz_volume: 1.6/stz_volume: 4.8/; s/mean: 1.3 eV, spread: 0.1/mean: 1.6 eV, spread: 0.03/' \
  -e 's/memory:.*/memory: {law: flow_units, barrier_ratio: 0.75, creation: 0.5, ageing_time: 1e9 s}/' treated.yaml >cycled.yaml
cat >>cycled.yaml <<'YAML'
loading:
  - {programme: thermal_cycle, low: 77 K, high: 300 K, rate: 10 K/s, hold: 1 s}
output: {directory: uneven, every: {time: 5 s}, fields: [stress], fields_every: 1}
YAML
expect "uneven expansion" "$VITROMECH" run --no-report cycled.yaml --set flow_units.thermal_expansion="1.2e-4 1/K" >log_uneven
expect "even expansion" "$VITROMECH" run --no-report cycled.yaml --set flow_units.thermal_expansion="1e-5 1/K" \
  --set output.directory=even >log_even

expect "what the treatments did" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

f = h5py.File("whole/result.h5")
h = {name: data[()] for name, data in f["history"].items()}


def ends(stage):
    """First and last row of a stage."""
    rows = np.flatnonzero(h["stage"] == stage)
    return rows[0], rows[-1]


def change(stage, name):
    first, last = ends(stage)
    return h[name][last] - h[name][first]


for stage, temperature in enumerate((350, 250, 250, 250, 250, 300, 300, 300)):
    assert h["temperature"][ends(stage)[1]] == temperature, (stage, h["temperature"][ends(stage)[1]])
for stage in (0, 1, 3, 5):
    assert np.abs(h["stress"][ends(stage)[1]]).max() < 1e-12, stage
assert abs(change(2, "strain")[2] - 0.03) < 1e-12 and np.abs(np.delete(h["stress"][ends(2)[1]], 2)).max() < 1e-12
assert h["stress"][ends(2)[1]][2] > 0.5
assert abs(change(4, "strain")[5]) < 1e-12 and len(f["statistics/cycles/area"]) == 2
assert abs(change(6, "strain")[0] + 0.01) < 1e-12 and h["stress"][ends(6)[1]][0] < -0.3
assert abs(change(7, "strain")[3] - 0.01) < 1e-12 and abs(h["time"][-1] - h["time"][ends(7)[0]] - 100) < 1e-9
assert abs(change(5, "time") - (173 + 223) / 10 - 10) < 1e-9 and h["temperature"][ends(5)[0]:ends(5)[1]].min() == 77
# without load the annealed glass shrinks as it cools, by the mean expansion, but for what its events leave
units, plastic = h["flow_unit_fraction"][0], change(1, "plastic_strain")
expansion = (1 - units) * 1e-5 + units * 4e-5
assert np.allclose(change(1, "strain")[:3] - plastic[:3], -100 * expansion, rtol=1e-9)
assert change(2, "flow_unit_fraction") > 0 and change(3, "flow_unit_fraction") < 0.01  # flow makes flow units


def energy(stress):
    """Elastic energy per volume [GPa]."""
    mean = stress[..., :3].mean(-1, keepdims=True)
    deviator = stress.copy()
    deviator[..., :3] -= mean
    square = (deviator[..., :3] ** 2).sum(-1) + 2 * (deviator[..., 3:] ** 2).sum(-1)
    return (square / (4 * 31.3) + mean[..., 0] ** 2 / (2 * 101.2)).mean()


for name in ("uneven", "even"):
    with h5py.File(f"{name}/result.h5") as g:
        energies = [energy(step["stress"][()]) for step in g["fields"].values()]
        events, part, temperature = (g["history"][n][()] for n in ("events", "flow_unit_fraction", "temperature"))
    assert temperature.min() == 77 and temperature[-1] == 300
    print(f"figure: {name} expansion: {events[-1]:.0f} events, elastic energy {1e3 * max(energies):.3g} MPa at most and "
          f"{1e3 * energies[-1]:.3g} MPa at the end, flow units {part[0]:.4f} -> {part[-1]:.4f}")
    if name == "uneven":
        assert events[-1] > 30 and energies[-1] > 2e-4 and part[-1] > part[0] + 0.002
        cold = energies[int(np.argmin(temperature))]
        assert cold > energies[0] + 1e-3
    else:
        assert events[-1] == 0 and max(energies) == 0 and abs(part[-1] - part[0]) < 1e-6
PYTHON
finish
