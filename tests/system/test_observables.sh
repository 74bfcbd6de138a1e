#!/usr/bin/env bash
# timeout: 180
# What a run measures on its way, against the same from its fields and events, and against what `analyze` finds; viscosity and
# jumps of strain rate and stress in a Newtonian liquid and between glasses that flow; the same when stopped and resumed on
# other numbers of ranks.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 8 0.03 | sed 's/mean: 1.75/mean: 1.4/; s/^  - {programme: creep.*//; s/^  - {programme: relaxation.*//
  s/^output:.*/  - {programme: strain_rate, control: {xy: {strain_rate: 5e-3 1\/s}}, until: {xy: 0.045}}\
output: {directory: whole, every: {strain: 0.0005}, fields: [plastic_strain, event_count, flow_unit], checkpoint_every: 0.1 s}\
analysis:\
  - {statistic: autocorrelation, of: plastic_strain}/' >case.yaml
expect "run" "$VITROMECH" run --no-report case.yaml >log_whole
in_pieces stopped 3 2 case.yaml
expect "stopped and resumed: same results" same_results whole stopped history events fields statistics

cat >liquid.yaml <<'YAML'
schema: 1
grid: {cells: [2, 2, 2], spacing: 1 nm}
material: {law: zener, relaxed_shear_modulus: 0 GPa, flow_unit_shear_modulus: 30 GPa, viscosity: 60 GPa s, bulk_modulus: 100 GPa}
loading:
  - {programme: strain_rate, control: {xy: {strain_rate: 1e-4 1/s}}, duration: 100 s}
  - {programme: strain_rate, control: {xy: {strain_rate: 3e-4 1/s}}, duration: 100 s}
  - {programme: creep, control: {xy: {stress: 0.02 GPa}}, duration: 50 s}
  - {programme: creep, control: {xy: {stress: 0.03 GPa}}, duration: 50 s}
  - {programme: creep, control: {yz: {stress: 0.03 GPa}}, duration: 50 s}
  - {programme: tension, strain_rate: 1e-4 1/s, strain: 0.01}
  - {programme: relaxation, duration: 50 s}
  - {programme: creep, control: {xx: {stress: -0.01 GPa}, yy: {stress: -0.01 GPa}, zz: {stress: 0.02 GPa}}, duration: 50 s}
solver: {time_step: 1 s}
output: {directory: liquid, every: {time: 1 s}}
YAML
expect "a liquid" "$VITROMECH" run --no-report liquid.yaml >log_liquid

cat >spring.yaml <<'YAML'
schema: 1
grid: {cells: [2, 2, 2], spacing: 1.7 nm}
material: {law: elastic, shear_modulus: 30 GPa, bulk_modulus: 100 GPa}
loading:
  - {programme: creep, control: {xy: {stress: 0.5 GPa}}, duration: 10 s}
  - {programme: cyclic, amplitude: {yz: {strain: 0.005}}, period: 10 s, cycles: 2, control: {xy: {stress: 0 GPa}}}
solver: {time_step: 1 s}
output: {directory: spring, every: {time: 1 s}, fields: []}
YAML
expect "a spring" "$VITROMECH" run --no-report spring.yaml >log_spring
sed '/^solver/d; s/^output:.*/output: {directory: rigid, fields: []}/
  s/^loading:/kinetics: {law: stz, stz_volume: 1.6 nm^3, barrier: {law: linear, mean: 5 eV}}\n&/' spring.yaml >rigid.yaml
expect "sites that never fire" "$VITROMECH" run --no-report rigid.yaml >log_rigid
sed '/^loading:/,$d' case.yaml >creep.yaml
cat >>creep.yaml <<'YAML'
loading:
  - {programme: creep, control: {xy: {stress: 0.5 GPa}}, until: {events: 1500}}
  - {programme: creep, control: {xy: {stress: 0.6 GPa}}, until: {events: 1500}}
output: {directory: creep, every: {events: 30}, fields: []}
YAML
expect "a glass creeps" "$VITROMECH" run --no-report creep.yaml --set kinetics.finder=thinned --set temperature="600 K" >log_creep

expect "what was measured" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

with h5py.File("liquid/result.h5") as f:
    jump = f["statistics/strain_rate_sensitivity_1"]
    assert abs(jump["m"][()] - 1) < 1e-6, jump["m"][()]
    assert abs(jump["stress_after"][()] - np.sqrt(3) * 2 * 60 * 3e-4) < 1e-8
    jump = f["statistics/strain_rate_sensitivity_3"]  # of creep
    assert abs(jump["m"][()] - 1) < 1e-6 and abs(jump["stress_after"][()] / (np.sqrt(3) * 0.03) - 1) < 1e-9
    assert abs(jump["rate_after"][()] / (np.sqrt(3) * 0.03 / 180) - 1) < 1e-6
    jumps = {name for name in f["statistics"] if name.startswith("strain_rate_sens")}
    assert jumps == {"strain_rate_sensitivity_1", "strain_rate_sensitivity_3"}, jumps  # not after a change of direction
    flows = {name: f["statistics"][name] for name in f["statistics"] if name.startswith("flow_")}
    assert set(flows) == {f"flow_{i}" for i in (0, 1, 2, 3, 4, 5, 7)}, list(flows)  # strains held: none
    for name, flow in flows.items():
        print(f"figure: {name}: viscosity {flow['viscosity'][()]:.8g} +- {flow['viscosity_error'][()]:.1g} GPa s of 60")
        assert abs(flow["viscosity"][()] / 60 - 1) < 1e-6, name

f = h5py.File("whole/result.h5")
h = {name: data[()] for name, data in f["history"].items()}
step = f["fields"][sorted(f["fields"])[-1]]
plastic, count = step["plastic_strain"][()], step["event_count"][()]
n, a = count.shape[0], 1.703
p = np.sqrt(2 / 3 * ((plastic[..., :3] ** 2).sum(-1) + 2 * (plastic[..., 3:] ** 2).sum(-1)))


def last(name):
    return h[name][-1]


# the band: averages over all planes one voxel apart along axes and face diagonals, by hand
best = (-1,)
index = np.indices(p.shape)
for wave in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (-1, 1, 0), (1, 0, 1), (-1, 0, 1), (0, 1, 1), (0, -1, 1)):
    plane = np.tensordot(wave, index, 1) % n
    profile = np.bincount(plane.ravel(), p.ravel()) / n ** 2
    q = profile - profile.min()
    best = max(best, (profile.var() / p.var(), q.sum() ** 2 / (q ** 2).sum() * a / np.linalg.norm(wave), wave))
normal = np.array([last(f"band_normal_{axis}") for axis in "xyz"])
print("figure: band", best, "normal", normal)
assert abs(last("band_share") - best[0]) < 1e-9 and abs(last("band_width") - best[1]) < 1e-8
assert np.allclose(normal, np.array(best[2]) / np.linalg.norm(best[2]), atol=1e-12)
assert abs(last("participation_ratio") - p.sum() ** 2 / (p.size * (p ** 2).sum())) < 1e-12

with h5py.File("whole/result.h5") as g:
    found = g["statistics"]
    length = found["autocorrelation/correlation_length"][()] if "autocorrelation" in found else None
    names = list(found)
assert length is not None, names
assert abs(last("correlation_length") - length) < 1e-9 * length, (last("correlation_length"), length)

assert abs(last("active_fraction") - (count > 0).mean()) < 1e-12
assert 0 < last("active_cluster") <= last("active_fraction") and last("active_percolation") in (0, 1, 2, 3)
units = step["flow_unit"][()]
assert abs(last("flow_unit_fraction") - units.mean()) < 1e-12 and 0 < last("flow_unit_cluster") <= units.mean()

# viscosity, and events of the last two intervals
gained = np.diff(h["plastic_strain"], axis=0)
middle = 0.5 * (h["stress"][1:] + h["stress"][:-1])
weight = np.array([1, 1, 1, 2, 2, 2])
square = (weight * gained ** 2).sum(1)
moving = square > 0
viscosity = np.diff(h["time"])[moving] * (weight * middle * gained).sum(1)[moving] / (2 * square[moving])
assert np.allclose(h["viscosity"][1:][moving], viscosity, rtol=1e-9) and not h["viscosity"][1:][~moving].any()
edges = [0] + [int(e) for e in h["events"][1:] if e]
edges = sorted(set(edges))
voxel = f["events/voxel"][:]
parts = [np.bincount(voxel[i:j], minlength=n ** 3) for i, j in zip(edges, edges[1:])]
assert abs(last("persistence") - np.corrcoef(parts[-1], parts[-2])[0, 1]) < 1e-9

time, stage = f["events/time"][:], f["events/stage"][:]
for number in (0, 1):
    wait, s = np.diff(time[stage == number]), f[f"statistics/waiting_times_{number}"]
    assert s["count"][()] == len(wait) and np.isclose(s["mean"][()], wait.mean(), rtol=1e-9)
    assert np.isclose(s["variation"][()], wait.std() / wait.mean(), rtol=1e-6)
    power = f[f"statistics/event_spectrum_{number}"]["power"][:]
    assert (power > 0).all() and power[:8].mean() > 1, "events of a glass come in bursts"
jump = f["statistics/strain_rate_sensitivity_1"]
m, error = jump["m"][()], jump["m_error"][()]
print(f"figure: m = {m:.3f} +- {error:.3f}; k T/(s Omega gamma_0 tau) of one aligned mode "
      f"{8.617e-5 * 300 / (0.5 * 1.6 * 6.2415 * 0.1 * jump['stress_before'][()] / np.sqrt(3)):.3f}")
assert 0 < m < 1 and 0 < error < m

# elastic cycles lose nothing, and the stress taken off at their start is no part of them
for name in ("spring", "rigid"):
    with h5py.File(f"{name}/result.h5") as f:
        area = f["statistics/cycles/area"][()]
        print(f"figure: {name}: areas of the loops {area} GPa")
        assert len(area) == 2 and np.abs(area).max() < 1e-12, (name, area)

# a glass creeps: the second half of its strain by hand; the error of the mean of a stress that is held is nothing
with h5py.File("creep/result.h5") as f:
    time, stage, strain = (f["history"][name][()] for name in ("time", "stage", "strain"))
    rates = []
    for number in (0, 1):
        t, gamma = time[stage == number], 2 * strain[stage == number, 5]
        edges = np.linspace(0.5 * (t[0] + t[-1]), t[-1], 6)
        blocks = np.diff(np.interp(edges, t, gamma)) / np.diff(edges)
        flow, tau = f[f"statistics/flow_{number}"], (0.5, 0.6)[number]
        rates.append((blocks.mean(), blocks.std(ddof=1) / np.sqrt(5)))
        assert np.isclose(flow["strain_rate"][()] * np.sqrt(3), blocks.mean(), rtol=1e-9)
        assert np.isclose(flow["strain_rate_error"][()] * np.sqrt(3), rates[-1][1], rtol=1e-6)
        assert np.isclose(flow["stress"][()], np.sqrt(3) * tau, rtol=1e-9) and flow["stress_error"][()] < 1e-12
        assert np.isclose(flow["viscosity"][()], tau / blocks.mean(), rtol=1e-9)
    jump = f["statistics/strain_rate_sensitivity_1"]
    m = np.log(0.6 / 0.5) / np.log(rates[1][0] / rates[0][0])
    print(f"figure: creep of a glass: m = {jump['m'][()]:.4f} +- {jump['m_error'][()]:.4f}")
    assert np.isclose(jump["m"][()], m, rtol=1e-9)
    assert np.isclose(jump["m_error"][()], m ** 2 / np.log(0.6 / 0.5) * np.hypot(*(e / r for r, e in rates)), rtol=1e-6)
PYTHON
finish
