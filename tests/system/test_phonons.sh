#!/usr/bin/env bash
# timeout: 120
# Frozen phonons from a trajectory: snapshots of independent harmonic displacements scatter as the B factor says.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py or numpy is absent"; exit 77; }
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

# Aluminium, 8 x 8 x 10 cells; 24 snapshots with B = 1 A^2 in one file, two more files of 12 with the same.
/usr/bin/python3 - <<'PYTHON'
import numpy as np

random = np.random.default_rng(3)
a, cells, b = 4.05, np.array([8, 8, 10]), 1.0
base = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
corner = np.stack(np.meshgrid(*(np.arange(n) for n in cells), indexing="ij"), -1).reshape(-1, 1, 3)
r = ((corner + base).reshape(-1, 3) + 0.25) * a
edge = cells * a


with open("still.xyz", "w") as f:
    lattice = f"{edge[0]} 0 0 0 {edge[1]} 0 0 0 {edge[2]}"
    f.write(f'{len(r)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
    f.write("".join(f"Al {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in r))
snapshots = [r + random.normal(0, np.sqrt(b / 8) / np.pi, r.shape) for t in range(24)]
for path, part in (("all.dump", snapshots), ("first.dump", snapshots[:12]), ("second.dump", snapshots[12:])):
    with open(path, "w") as f:
        for t, s in enumerate(part):
            f.write(f"ITEM: TIMESTEP\n{t}\nITEM: NUMBER OF ATOMS\n{len(s)}\nITEM: BOX BOUNDS pp pp pp\n")
            f.write("".join(f"0 {e}\n" for e in edge) + "ITEM: ATOMS id element x y z\n")
            f.write("".join(f"{n + 1} Al {x:.6f} {y:.6f} {z:.6f}\n" for n, (x, y, z) in enumerate(s)))
PYTHON
cat >case.yaml <<'YAML'
schema: 1
name: phonons
seed: 3
output: {directory: out}
glass: {structure: still.xyz, size: [3.24 nm, 3.24 nm, 4.05 nm], tiling: copies}
microscope:
  scan: {points: [2, 2], step: 0.4 nm}
  direct_beam: false
  detector: {pixels: [96, 96], pitch: 0.2 1/nm}
YAML
diffract() { "$VITROMECH" diffract case.yaml "$@"; }
expect "still crystal" diffract --atoms still.xyz --output still.h5
expect "B factor" diffract --atoms still.xyz --set microscope.phonons=24 --set microscope.debye_waller="0.01 nm^2" --output factor.h5
expect "trajectory in one file" diffract --atoms all.dump --frames 1:24 --phonons --output one.h5
expect "trajectory in two files, 3 ranks" on_ranks 3 "$VITROMECH" diffract case.yaml --atoms first.dump --atoms second.dump --frames 1:12 --phonons --output two.h5
diffract --atoms all.dump --frames 1:24 --phonons --set microscope.debye_waller="0.01 nm^2" --output none.h5 >log_none 2>&1
expect "thermal motion twice: exit 2" test $? -eq 2
expect "which says so" grep -q "leave out microscope.debye_waller" log_none
diffract --phonons --output none.h5 >log_none 2>&1
expect "no trajectory: exit 2" test $? -eq 2
expect "reflections and diffuse intensity" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

still, factor, one, two = (
    h5py.File(f"{name}.h5", "r")["datacube_root/datacube/data"][()].mean(axis=(0, 1)).astype(float)
    for name in ("still", "factor", "one", "two")
)
assert one.tobytes() == two.tobytes()
i, j = np.indices(still.shape) - 48
k = np.hypot(i, j) * 0.2
unit = 2 / 0.405  # 200
hk = np.stack([i, j]) * 0.2 / unit
distance = np.hypot(*(hk - np.rint(hk))) * unit  # from the nearest of 000, 200, 220 ...
for order in (1.0, 2.0, 4.0):  # 200, 220, 400
    spots = (distance < 0.9) & (abs((np.rint(hk) ** 2).sum(axis=0) - order) < 0.1)
    ratio = one[spots].sum() / still[spots].sum()
    expected = np.exp(-0.5 * 0.01 * order * unit**2)
    print(f"reflections at {np.sqrt(order) * unit:.3f} 1/nm: {ratio:.4f}, Debye-Waller factor {expected:.4f}")
    assert spots.sum() >= 4 and abs(ratio / expected - 1) < 0.06
between = distance > 1.6
for low in (2, 4, 6, 8):
    ring = between & (k > low) & (k < low + 2)
    ratio = one[ring].mean() / factor[ring].mean()
    print(f"diffuse, {low} to {low + 2} 1/nm: trajectory over B factor {ratio:.3f}, over the still crystal "
          f"{one[ring].mean() / still[ring].mean():.1f}, {ring.sum()} pixels")
    assert abs(ratio - 1) < 0.1
PYTHON
finish
