#!/usr/bin/env bash
# timeout: 60
# A cube of `vitromech diffract` is read by the rules of emdfile and py4DSTEM: attributes, groups, axes, calibration.
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "skipped: python3-h5py is absent"; exit 77; }
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

awk 'BEGIN { srand(1); print 300; print "Lattice=\"30 0 0 0 30 0 0 0 60\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"";
  for (i = 0; i < 300; ++i) print (i % 2 ? "Zr" : "Cu"), 30 * rand(), 30 * rand(), 60 * rand() }' >foil.xyz
cat >case.yaml <<'YAML'
schema: 1
name: foil
seed: 3
output: {directory: out}
glass: {structure: foil.xyz, size: [3 nm, 3 nm, 6 nm]}
microscope:
  scan: {points: [4, 3], step: 0.4 nm}
  detector: {pixels: [32, 30], pitch: 0.3 1/nm, dose: 1e5, gain: 2, type: uint16}
YAML
expect "one rank writes a cube" "$VITROMECH" diffract case.yaml
expect "two ranks write a cube of atoms in a file" on_ranks 2 "$VITROMECH" diffract case.yaml --atoms foil.xyz --output two.h5
expect "nothing is left half-written" test ! -e out/cube.h5.part

cat >read.py <<'PYTHON'
import sys

import h5py
import numpy as np


def metadata(group):
    """The values of an emdfile Metadata group, by the type that each says it has."""
    assert group.attrs["emd_group_type"] == "metadata"
    values = {}
    for key, item in group.items():
        kind = item.attrs["type"]
        if kind == "list_of_strings":
            values[key] = [item[str(i)][...].item().decode() for i in range(item.attrs["length"])]
        else:
            value = item[...].item()
            values[key] = value.decode() if kind == "string" else value
    return values


def read(path):
    with h5py.File(path, "r") as f:
        assert f.attrs["emd_group_type"] == "file" and f.attrs["version_major"] == 1 and f.attrs["version_minor"] == 0
        assert len(f.attrs["UUID"]) == 36 and f.attrs["authoring_program"] == "vitromech"
        roots = [k for k in f if f[k].attrs.get("emd_group_type") == "root"]
        assert len(roots) == 1 and f[roots[0]].attrs["python_class"] == "Root"
        cubes = [k for k in f[roots[0]] if f[roots[0]][k].attrs.get("emd_group_type") == "array"]
        assert len(cubes) == 1
        cube = f[roots[0]][cubes[0]]
        assert cube.attrs["python_class"] == "DataCube"
        data = cube["data"]
        assert data.chunks == (1, 1) + data.shape[2:] and isinstance(data.attrs["units"], str)
        axes = [(cube[f"dim{i}"].attrs["name"], cube[f"dim{i}"].attrs["units"], *cube[f"dim{i}"][:]) for i in range(4)]
        assert axes == [("Rx", "nm", 0, 0.4), ("Ry", "nm", 0, 0.4), ("Qx", "nm^-1", 0, 0.3), ("Qy", "nm^-1", 0, 0.3)], axes
        bundle = f[roots[0]]["metadatabundle"]
        assert bundle.attrs["emd_group_type"] == "metadatabundle"
        calibration = metadata(bundle["calibration"])
        assert bundle["calibration"].attrs["python_class"] == "Calibration"
        expected = {"Q_pixel_size": 0.3, "Q_pixel_units": "nm^-1", "R_pixel_size": 0.4, "R_pixel_units": "nm",
                    "qx0": 16, "qy0": 15, "QR_flip": False, "_target_paths": ["/" + cubes[0]]}
        assert all(calibration[k] == v for k, v in expected.items()), calibration
        assert f.attrs["status"] == "complete" and f.attrs["complete"] == 1 and f.attrs["gain"] == 2
        assert "case.yaml" in f["provenance"].attrs["command_line"]
        return data[...]


a, b = read("out/cube.h5"), read("two.h5")
assert a.dtype == np.uint16 and a.shape == (4, 3, 32, 30) and np.array_equal(a, b)
electrons = a.sum(axis=(2, 3)) / 2
assert np.all(np.abs(electrons / 1e5 - 1) < 0.05), electrons
brightest = np.unravel_index(a.sum(axis=(0, 1)).argmax(), (32, 30))
assert abs(brightest[0] - 16) <= 1 and abs(brightest[1] - 15) <= 1, brightest
PYTHON
expect "the cube follows EMD 1.0 as py4DSTEM reads it" /usr/bin/python3 read.py
finish
