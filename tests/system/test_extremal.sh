#!/usr/bin/env bash
# timeout: 240
# The athermal finder: the same bits on any number of ranks, and when stopped anywhere and resumed; avalanches add up.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 12 0.045 | sed 's/^  law: stz/  law: stz\n  finder: extremal/' >decaying.yaml
"$VITROMECH" check decaying.yaml >log_decaying 2>&1
expect "softening that decays is refused" grep -q "use softening.permanent only" log_decaying
with_memory() { sed "s/^  law: stz/  law: stz\n  memory: {$1}/" decaying.yaml >memory.yaml; "$VITROMECH" check memory.yaml >log_memory 2>&1; }
with_memory "law: effective_temperature"
expect "a law of rates is refused" grep -q "memory effective_temperature weighs rates" log_memory
with_memory "law: flow_units, ageing_time: 1 s"
expect "ageing without temperature is refused" grep -q "give an activation_energy" log_memory
with_memory "law: flow_units, ageing_time: 1 s, activation_energy: 0.5 eV"
expect "flow units made by events are taken" sh -c "! grep -q 'memory flow_units' log_memory"

sed 's/decaying: 0.05, //; s/mean: 1.75 eV/mean: 1.2 eV/' decaying.yaml >case.yaml

same_anywhere whole case.yaml 3 2 2 3 4
expect "some stops landed, not $stops" test "$stops" -ge 2

expect "avalanches add up to the run" /usr/bin/python3 - whole/result.h5 whole_stopped/result.h5 <<'PYTHON'
import sys

import h5py
import numpy as np

a, b = (h5py.File(name, "r") for name in sys.argv[1:])
avalanches = {name: a["statistics/avalanches/" + name][()] for name in a["statistics/avalanches"]}
for name, values in avalanches.items():
    assert np.array_equal(values, b["statistics/avalanches/" + name][()]), name
time, size = a["events/time"][:], avalanches["size"]
assert size.sum() == len(time), (size.sum(), len(time))
assert np.array_equal(avalanches["time"], np.unique(time))
assert np.array_equal(size, np.unique(time, return_counts=True)[1])
assert (avalanches["duration"] <= size).all() and (avalanches["duration"] >= 1).all()
assert size.max() >= 10 and avalanches["duration"].max() >= 3, "too small to test anything"
width = avalanches["exponent_error"]
print(len(size), "avalanches, the largest of", size.max(), "events; exponent", avalanches["exponent"], "+-", width)
assert 0 < width < 1 and 0 < avalanches["duration_exponent_error"] < 2
for at, density, values in (("density_size", "density", size), ("density_duration", "duration_density", avalanches["duration"])):
    ones = np.count_nonzero(values == 1) / len(values)
    assert avalanches[at][0] == 1 and abs(avalanches[density][0] - ones) < 1e-12, (density, ones)
# the stress falls by what the elastic box loses: 2 G <e*> in pure shear (the equivalent stress of a shear s is sqrt 3 s)
ratio = a["history/participation_ratio"][:]
assert ratio[0] == 0 and (ratio[-1] > 0.01) and (ratio <= 1 + 1e-12).all()
PYTHON
finish
