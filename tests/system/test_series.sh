#!/usr/bin/env bash
# timeout: 120
# Electron correlation microscopy: a foil whose atoms change places at a known rate, frame by frame of a LAMMPS dump.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py or numpy is absent"; exit 77; }
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

# Each of 400 independent atoms is placed anew with the probability 0.2 in each frame: amplitudes keep their correlation
# as 0.8^t, so that g2 - 1 = exp(-2 t/tau) with tau = -1/ln 0.8 = 4.48 frames and beta = 1.
/usr/bin/python3 - <<'PYTHON'
import numpy as np

random = np.random.default_rng(5)
frames, atoms, edge = 400, 400, np.array([36.0, 36.0, 40.0])
r = random.random((atoms, 3))
for first, path in ((0, "one.dump"), (200, "two.dump")):
    with open(path, "w") as f:
        for t in range(first, first + 200):
            f.write(f"ITEM: TIMESTEP\n{t}\nITEM: NUMBER OF ATOMS\n{atoms}\nITEM: BOX BOUNDS pp pp pp\n")
            f.write("".join(f"0 {e}\n" for e in edge) + "ITEM: ATOMS id element x y z\n")
            f.write("".join(f"{i + 1} Zr {x:.4f} {y:.4f} {z:.4f}\n" for i, (x, y, z) in enumerate(r * edge)))
            new = random.random(atoms) < 0.2
            new[:2] = False
            r[new] = random.random((new.sum(), 3))
            r[0, 2], r[1, 2] = 0.0, 0.999999
PYTHON
cat >case.yaml <<'YAML'
schema: 1
name: series
seed: 3
output: {directory: out}
glass: {structure: foil.xyz, size: [3.6 nm, 3.6 nm, 4 nm], tiling: copies}
microscope:
  scan: {points: [1, 1], step: 1 nm}
  direct_beam: false
  detector: {pixels: [40, 40], pitch: 0.3 1/nm}
YAML
printf '2\nLattice="36 0 0 0 36 0 0 0 40" Properties=species:S:1:pos:R:3 pbc="T T T"\nZr 1 1 1\nZr 9 9 39\n' >foil.xyz

series() { "$VITROMECH" diffract case.yaml --atoms one.dump --atoms two.dump --frames 1:200 "$@"; }
expect "series, 1 rank" series --output one.h5
cat >again.py <<'PYTHON'
import sys

import h5py

a, b = (h5py.File(path, "r")["datacube_root/datacube/data"][()] for path in sys.argv[1:])
sys.exit(not (a.shape == b.shape == (400, 1, 40, 40) and a.tobytes() == b.tobytes()))
PYTHON
expect "series, 3 ranks" on_ranks 3 "$VITROMECH" diffract case.yaml --atoms one.dump --atoms two.dump --frames 1:200 --output three.h5 >log_three
expect "the same patterns" /usr/bin/python3 again.py one.h5 three.h5

cat >recipe.yaml <<'YAML'
schema: 1
analysis:
  - {statistic: relaxation, frame_time: 1 s, bin: 2}
YAML
expect "relaxation of the series" "$VITROMECH" analyze one.h5 recipe.yaml --output relaxation.h5
expect "relaxation time and exponent are those of the atoms" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

with h5py.File("relaxation.h5", "r") as f:
    group = f["statistics/relaxation"]
    tau, beta = (group[name][()] for name in ("tau", "beta"))
i, j = np.indices(tau.shape)
k = np.hypot(i - tau.shape[0] / 2 + 0.5, j - tau.shape[1] / 2 + 0.5) * 0.6
ring = (k > 2.5) & (k < 5.5) & np.isfinite(tau)
expected = -1 / np.log(0.8)
print("tau", np.median(tau[ring]), "expected", expected, "beta", np.median(beta[ring]), "of", ring.sum())
assert ring.sum() > 50
# 90 relaxation times: the mean that each series is compared with moves with it, so that fits of pixels fall short
assert 0.75 < np.median(tau[ring]) / expected < 1.1 and 0.85 < np.median(beta[ring]) < 1.35

with h5py.File("one.h5", "r") as f:
    frames = f["datacube_root/datacube/data"][:, 0].astype(float)
i, j = np.indices((40, 40)) - 20
k = np.hypot(i, j) * 0.3
series = frames[:, (k > 2) & (k < 5.5)]
series = series / series.mean(axis=0) - 1
variance = (series**2).mean()
for lag in range(1, 7):
    correlation = (series[:-lag] * series[lag:]).mean() / variance
    print("lag", lag, "g2 - 1 over contrast", correlation, "expected", 0.64**lag)
    assert abs(correlation - 0.64**lag) < 0.05
PYTHON

expect "every second frame of one file" "$VITROMECH" diffract case.yaml --atoms one.dump --frames 2:11:3 --output some.h5
expect "are those frames" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

whole, some = (h5py.File(path, "r")["datacube_root/datacube/data"][:, 0] for path in ("one.h5", "some.h5"))
assert some.shape[0] == 4
a, b = whole[[1, 4, 7, 10]], some
print("largest difference", abs(a - b).max(), "of", a.max())
assert np.allclose(a, b, rtol=0.05, atol=1e-3 * a.max())  # the share that scatters is that of each series' first frame
PYTHON
"$VITROMECH" diffract case.yaml --atoms one.dump --frames 150:201 --output none.h5 >log_none 2>&1
expect "too many frames: exit 2" test $? -eq 2
expect "which says so" grep -q "there are only 200" log_none
# Two places: atoms of one half are placed anew with the probability 0.2, those of the other with 0.08. The probes stand
# in the middle of each half.
/usr/bin/python3 - <<'PYTHON'
import numpy as np

random = np.random.default_rng(6)
frames, atoms, edge = 300, 800, np.array([72.0, 36.0, 40.0])
half = np.arange(atoms) % 2
r = random.random((atoms, 3)) * edge / [2, 1, 1]
with open("two.dump", "w") as f:
    for t in range(frames):
        f.write(f"ITEM: TIMESTEP\n{t}\nITEM: NUMBER OF ATOMS\n{atoms}\nITEM: BOX BOUNDS pp pp pp\n")
        f.write("".join(f"0 {e}\n" for e in edge) + "ITEM: ATOMS id element x y z\n")
        f.write("".join(f"{i + 1} Zr {x + 36 * half[i]:.4f} {y:.4f} {z:.4f}\n" for i, (x, y, z) in enumerate(r)))
        new = random.random(atoms) < np.where(half, 0.08, 0.2)
        new[:2] = False
        r[new] = random.random((new.sum(), 3)) * edge / [2, 1, 1]
        r[0, 2], r[1, 2] = 0.0, 39.9999
PYTHON
places="microscope.scan={points: [2, 1], step: 3.6 nm}"
expect "series of two probes, 1 rank" "$VITROMECH" diffract case.yaml --atoms two.dump --frames 1:300 --set "$places" --output two1.h5
expect "series of two probes, 2 ranks" on_ranks 2 "$VITROMECH" diffract case.yaml --atoms two.dump --frames 1:300 --set "$places" --output two2.h5
sed -i 's/bin: 2}/bin: 2, places: 2}/' recipe.yaml
expect "relaxation at two places" "$VITROMECH" analyze two1.h5 recipe.yaml --output two.h5
expect "each place has the relaxation time of its atoms" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

a, b = (h5py.File(path, "r")["datacube_root/datacube/data"][()] for path in ("two1.h5", "two2.h5"))
assert a.shape == (300, 2, 40, 40) and a.tobytes() == b.tobytes()
with h5py.File("two.h5", "r") as f:
    tau = f["statistics/relaxation/tau"][()]
assert tau.shape == (2, 20, 20)
i, j = np.indices(tau.shape[1:])
k = np.hypot(i - 9.5, j - 9.5) * 0.6
for place, probability in enumerate((0.2, 0.08)):
    ring = (k > 2.5) & (k < 5.5) & np.isfinite(tau[place])
    print("tau", np.median(tau[place][ring]), "expected", -1 / np.log(1 - probability), "of", ring.sum())
    assert ring.sum() > 50 and 0.65 < np.median(tau[place][ring]) * -np.log(1 - probability) < 1.15
PYTHON
sed -i 's/places: 2}/places: 7}/' recipe.yaml
"$VITROMECH" analyze two1.h5 recipe.yaml --output none.h5 >log_none 2>&1
expect "places that do not divide the series: exit 2" test $? -eq 2
# The same frames as extended XYZ, one below the other; a specimen that is turned and cut, frame by frame.
/usr/bin/python3 - <<'PYTHON'
with open("one.dump") as dump, open("some.xyz", "w") as xyz:
    lines = dump.read().split("\n")
    for t in range(6):
        atoms = lines[t * 409 + 9:(t + 1) * 409]
        xyz.write('400\nLattice="36 0 0 0 36 0 0 0 40" pbc="T T T"\n')
        xyz.write("".join(" ".join(line.split()[1:]) + "\n" for line in atoms))
PYTHON
expect "six frames of a dump" "$VITROMECH" diffract case.yaml --atoms one.dump --frames 1:6 --output six_dump.h5
expect "all frames of an XYZ file" on_ranks 2 "$VITROMECH" diffract case.yaml --atoms some.xyz --frames all --output six_xyz.h5
expect "the mean over all frames of an XYZ file" "$VITROMECH" diffract case.yaml --atoms some.xyz --frames all --phonons --output mean_xyz.h5
sed 's/^glass:.*/specimen: {rotation: [0 degree, 90 degree, 0 degree], box: [3 nm, 3 nm, 3 nm]}/' case.yaml >turned.yaml
expect "a series of a specimen" "$VITROMECH" diffract turned.yaml --atoms some.xyz --frames all --output turned.h5
expect "the third frame of the specimen" "$VITROMECH" diffract turned.yaml --atoms some.xyz --frame 3 --output third.h5
expect "are the frames of the dump, and their mean" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

files = ("six_dump.h5", "six_xyz.h5", "mean_xyz.h5", "turned.h5", "third.h5")
dump, xyz, mean, turned, third = (h5py.File(path, "r")["datacube_root/datacube/data"][()] for path in files)
assert dump.shape == (6, 1, 40, 40) and np.allclose(dump, xyz, rtol=1e-4, atol=1e-5 * dump.max())
assert np.allclose(mean[0, 0], dump[:, 0].mean(axis=0), rtol=0.02, atol=1e-3 * mean.max())
assert np.allclose(turned[2], third[0], rtol=0.05, atol=2e-2 * third.max()) and not np.allclose(turned[2], dump[2], rtol=0.05)
PYTHON
"$VITROMECH" diffract case.yaml --atoms some.xyz --frames 3:7 --output none.h5 >log_none 2>&1
expect "too many frames of an XYZ file: exit 2" test $? -eq 2
expect "says where" grep -q "some.xyz:2412: frame 7 is wanted, but there are only 6" log_none
head -c 20000 some.xyz >cut.xyz
"$VITROMECH" diffract case.yaml --atoms cut.xyz --frames all --output none.h5 >log_none 2>&1
expect "a truncated frame: exit 2" test $? -eq 2
expect "is named by line" grep -q "cut.xyz:766: the file ends after 362 of 400 atoms" log_none
"$VITROMECH" diffract case.yaml --atoms one.dump --frames 7 --output none.h5 >log_none 2>&1
expect "no range: exit 2" test $? -eq 2
finish
