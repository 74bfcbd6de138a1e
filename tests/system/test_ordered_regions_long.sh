#!/usr/bin/env bash
# timeout: 900; labels: long
# Ordered clusters of 1.3 nm in vacuum, 0.5, 1 and 1.5 % of the volume of a 20 nm foil, through microscope (counting noise) and
# analysis: acceptance, threshold and width of the probe are calibrated in the same chain on clusters apart from each other; the volume fraction comes
# back within 25 %, though spots merge, and the diameter within 15 %. The chain is that of docs/validation.md.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
/usr/bin/python3 -c "import h5py, numpy" 2>/dev/null || { echo "skipped: no python3-h5py, python3-numpy"; exit 77; }

cat >clusters.py <<'PYTHON'
"""Spheres cut from an fcc lattice, in random orientation, at random places or apart: FRACTION SEED APART FILE; prints how many."""
import sys

import numpy as np

fraction, seed, apart = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "apart"
length, thickness, diameter, constant = 40.87, 20.0, 1.3, 0.41855
rng = np.random.default_rng(seed)
number = round(fraction * length**2 * thickness / (np.pi / 6 * diameter**3))
edge = int(np.ceil(np.sqrt(number)))
number = edge**2 if apart else number
cells = np.stack(np.meshgrid(*3 * [np.arange(-4, 5)], indexing="ij"), -1).reshape(-1, 1, 3)
lattice = constant * (cells + np.array([[0, 0, 0], [0, .5, .5], [.5, 0, .5], [.5, .5, 0]])).reshape(-1, 3)
atoms = []
for i in range(number):
    w, x, y, z = (q := rng.normal(size=4)) / np.linalg.norm(q)
    rotation = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                         [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                         [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])
    sphere = lattice + rng.uniform(-.5, .5, 3) * constant
    sphere = sphere[(sphere**2).sum(1) <= (diameter / 2)**2]
    at = np.array([i // edge + .5, i % edge + .5]) * length / edge if apart else rng.uniform(size=2) * length
    atoms.append(sphere @ rotation.T + [*at, rng.uniform(diameter / 2, thickness - diameter / 2)])
atoms = np.concatenate(atoms) % np.array([length, length, thickness])
with open(sys.argv[4], "w") as file:
    box = f"{10 * length} 0 0 0 {10 * length} 0 0 0 {10 * thickness}"
    file.write(f'{len(atoms)}\nLattice="{box}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
    file.writelines("Zr %.4f %.4f %.4f\n" % tuple(10 * r) for r in atoms)
print(number)
PYTHON

look() { # look NAME FRACTION SEED HOW: the foil and what is seen of it
  /usr/bin/python3 clusters.py "$2" "$3" "$4" "$1.xyz" >"$1.number" || return 1
  cat >"$1.yaml" <<YAML
schema: 1
name: clusters in vacuum
seed: 3
output: {directory: $1}
glass: {structure: $1.xyz, tiling: copies}
microscope:
  voltage: 300 kV
  semi_angle: 1.15 mrad
  scan: {points: [128, 128], step: 0.32 nm}
  detector: {pixels: [72, 72], pitch: 0.16 1/nm, dose: 1e7, type: uint16}
analysis:
  - {statistic: radial_intensity}
  - {statistic: v2d, k: 4.138 1/nm, width: 0.48 1/nm}
  - {statistic: clusters, of: v2d/brightest}
YAML
  "$VITROMECH" run "$1.yaml" --no-report >"log_$1" 2>&1
}
again() { # again NAME SETTINGS: regions above the threshold of the calibration
  # v2d/brightest is in units of the mean ring, which follows the number of clusters; the threshold is kept as an intensity
  local threshold
  threshold=$(/usr/bin/python3 - "$1" <<'PYTHON'
import sys, h5py, numpy

def ring(name):
    with h5py.File(f"{name}/analysis.h5") as f:
        g = f["statistics/radial_intensity"]
        return numpy.interp(4.138, g["k"][:], g["intensity"][:])

with h5py.File("apart/analysis.h5") as f:
    print(f["statistics/clusters/threshold"][()] * ring("apart") / ring(sys.argv[1]))
PYTHON
  )
  cat >"again_$1.yaml" <<YAML
schema: 1
analysis:
  - {statistic: v2d, k: 4.138 1/nm, width: 0.48 1/nm}
  - {statistic: clusters, of: v2d/brightest, threshold: "$threshold"$2}
YAML
  "$VITROMECH" analyze "$1/cube.h5" "again_$1.yaml" --output "$1.h5" >"log_again_$1" 2>&1
}
width() { # what probe and threshold add to spots of known spheres: root of spot^2 - 1.3^2/2, in nm
  /usr/bin/python3 - <<'PYTHON'
import h5py, numpy
with h5py.File("apart.h5") as f:
    area = f["statistics/clusters/area"][:].mean()
print(f"{numpy.sqrt(4 / numpy.pi * area - 1.3**2 / 2):.6f}")
PYTHON
}

expect "calibration" look apart 0.0125 1 apart
expect "0.5 %" look low 0.005 2 random
expect "1 %" look middle 0.01 3 random
expect "1.5 %" look high 0.015 4 random
expect "calibrated regions" again apart ""
for name in low middle high; do
  expect "regions of $name" again $name ", overlap: poisson, probe: $(width) nm"
done
echo "spots of known spheres are widened by $(width) nm"
expect "volume fractions and diameters" /usr/bin/python3 - <<'PYTHON'
import h5py

def regions(name):
    with h5py.File(f"{name}.h5") as f:
        g = f["statistics/clusters"]
        return {key: float(g[key][()]) for key in g if g[key].ndim == 0}

number = {name: int(open(f"{name}.number").read()) for name in ("apart", "low", "middle", "high")}
apart = regions("apart")
acceptance = apart["count"] / number["apart"]
print(f"apart: {number['apart']} clusters, acceptance {acceptance:.3f}")
for name in ("low", "middle", "high"):
    seen = regions(name)
    merged, single = seen["count"] / acceptance / number[name], seen["spots"] / acceptance / number[name]
    diameter = seen["sphere_diameter"]
    print(f"{name}: {number[name]} clusters, {seen['count']:.0f} regions of {seen['spots_per_region']:.3f} spots; volume fraction over "
          f"planted {single:.3f} ({merged:.3f} by regions), diameter {diameter:.3f} nm")
    assert abs(single - 1) < 0.25 and abs(diameter / 1.3 - 1) < 0.15
PYTHON
finish
