#!/usr/bin/env bash
# timeout: 240
# Memory laws and flow units that relax: the same bits on any number of ranks, and when stopped and resumed.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 8 0.02 | sed 's/mean: 1.75 eV/mean: 1.4 eV/; s/duration: 10 s/duration: 1 s/' >plain.yaml
sed 's/^  law: stz/  law: stz\n  memory: {law: flow_units, ageing_time: 50 s}/' plain.yaml >case.yaml
same_anywhere whole case.yaml 2 1 2 3

# The same laws with the finder thinned, which looks at the memory of a voxel only when it needs it.
sed 's/^  law: stz/  law: stz\n  finder: thinned/' case.yaml >thinned.yaml
same_anywhere thinned thinned.yaml 2 1 2 3 4

expect "the population of flow units falls by rest and rises by flow" /usr/bin/python3 - whole/result.h5 thinned/result.h5 <<'PYTHON'
import sys

import h5py

for path in sys.argv[1:]:
    with h5py.File(path, "r") as f:
        state, events, time = (f["history/" + name][:] for name in ("memory_state", "events", "time"))
    print("fraction of flow units", state[0], "to", state[-1], "lowest", state.min(), "events", events[-1])
    rest = events == 0
    c = state[0]
    for t, value in zip(time[rest], state[rest]):
        assert abs(value / (c / (1 + t / 50)) - 1) < 1e-9, (t, value)  # c a/(a + t) of every voxel that is one
    assert rest.sum() > 3 and events[-1] > 50
    assert state[-1] > state.min()
PYTHON

# A thermal cycle between two loads: flow units relax, and expand more than the matrix.
sed 's/barrier_ratio: 0.85/barrier_ratio: 0.85, thermal_expansion: 6e-5 1\/K, relaxation: {shear_modulus: 8 GPa, viscosity: 200 GPa s}/
     s/^  law: stz/  law: stz\n  memory: {law: effective_temperature, matrix: 0.5, flow_unit: 0.6, steady: 1}/
     s/modulus: 101.2 GPa/modulus: 101.2 GPa, thermal_expansion: 1e-5 1\/K/
     /^loading/,/^output/{/programme/d}' plain.yaml >cycle.yaml
sed -i 's|^loading:|loading:\
  - {programme: strain_rate, control: {xy: {strain_rate: 1e-4 1/s}}, until: {xy: 0.01}}\
  - {programme: creep, control: {xx: {stress: 0 GPa}, yy: {stress: 0 GPa}, zz: {stress: 0 GPa}, xy: {stress: 0.2 GPa}}, temperature: {rate: 20 K/s, to: 120 K}}\
  - {programme: creep, control: {xx: {stress: 0 GPa}, yy: {stress: 0 GPa}, zz: {stress: 0 GPa}, xy: {stress: 0.2 GPa}}, temperature: {rate: 20 K/s, to: 340 K}}|' cycle.yaml
sed 's/^  law: stz/  law: stz\n  finder: thinned/' cycle.yaml >thinned.yaml
"$VITROMECH" check thinned.yaml >log_cycle_thinned 2>&1
expect "finder thinned has no flow units that relax" grep -q "relaxation changes stresses" log_cycle_thinned

same_anywhere cycle cycle.yaml 2 1 3

# Heated under load, cold and warm again with the finder thinned, whose bounds are of windows of temperature; events harden the glass for a while.
sed 's/, relaxation: {[^}]*}//; s/mean: 1.4 eV/mean: 1.3 eV/
     s/softening: .*/softening: {permanent: 0.1, decaying: -0.05, time: 0.5 s}/
     s/until: {xy: 0.01}/until: {xy: 0.01}, temperature: {rate: 0.25 K\/s, to: 320 K}/' thinned.yaml >heated.yaml
expect "heated while it is loaded" grep -q "to: 320 K" heated.yaml
same_anywhere heated heated.yaml 3 2 2 3 4

expect "the temperature goes down and up, and the free glass shrinks by its mean expansion" /usr/bin/python3 - cycle/result.h5 heated/result.h5 <<'PYTHON'
import sys

import h5py
import numpy as np

for path in sys.argv[1:]:
    with h5py.File(path, "r") as f:
        names = ("temperature", "strain", "plastic_strain", "stage", "stress", "events")
        h = {name: f["history/" + name][:] for name in names}
        units = f["history/flow_unit_fraction"][0]
    stage, temperature, events = h["stage"], h["temperature"], h["events"]
    print(path, *(f"stage {s}: {np.ptp(events[stage == s]):.0f} events" for s in range(3)))
    assert temperature[0] == 300 and temperature[-1] == 340 and abs(temperature[stage == 1][-1] - 120) < 1e-9
    expansion = units * 6e-5 + (1 - units) * 1e-5
    free = stage >= 1
    # what the stress does not strain and events have not left, the trace is thermal
    trace = h["strain"][free, :3].sum(axis=1) - h["plastic_strain"][free, :3].sum(axis=1)
    assert np.allclose(trace, 3 * expansion * (temperature[free] - 300), rtol=0, atol=1e-12), trace
    assert np.allclose(h["stress"][free, 5], 0.2, rtol=0, atol=1e-14)
PYTHON
finish
