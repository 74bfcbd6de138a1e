#!/usr/bin/env bash
# timeout: 120
# 4D-STEM files of other programs from the outside: what info says of them, the user's hints, the mean pattern as by numpy.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py is absent"; exit 77; }
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cat >make.py <<'PYTHON'
import numpy as np

rng = np.random.default_rng(1)
counts = rng.integers(0, 1000, (4, 5, 12, 10))
np.save("array.npy", counts.astype("<i4"))
counts.astype(">u2").tofile("big.bin")
frames = np.zeros((20, 130, 128), "<f4")
y, x = np.mgrid[:128, :128] - 63.5
ring = np.exp(-((np.hypot(x, y) - 25) / 3) ** 2)
frames[:, :128] = rng.random((20, 128, 128)) + 5 * ring * rng.random((20, 1, 1))
frames[:, 128:] = np.nan
frames.tofile("scan_x5_y4.raw")
np.save("counts_truth", counts)
np.save("empad_truth", frames[:, :128].reshape(4, 5, 128, 128))
PYTHON
expect "files are made" /usr/bin/python3 make.py

says() { # says WHAT PATTERN COMMAND...
  local what=$1 pattern=$2
  shift 2
  "$@" >said.log 2>&1
  expect "$what: exit 0" test $? -eq 0
  expect "$what: $pattern" grep -q "$pattern" said.log
}
says "numpy" "cube, int32" "$VITROMECH" info array.npy
says "EMPAD" "scan 4 x 5" "$VITROMECH" info scan_x5_y4.raw
raw=(--scan 4x5 --detector 12x10 --type uint16be)
says "raw with hints" "cube, uint16" "$VITROMECH" info big.bin "${raw[@]}"
says "frames left out" "scan 4 x 4" "$VITROMECH" info big.bin "${raw[@]}" --scan 4x4 --extra-frames skip-per-line
says "the formats" "prismatic" "$VITROMECH" list cube

refused() { # refused WHAT PATTERN COMMAND...
  local what=$1 pattern=$2
  shift 2
  "$@" >refused.log 2>&1
  expect "$what: exit 2" test $? -eq 2
  expect "$what: $pattern" grep -q "$pattern" refused.log
}
refused "raw without hints" "give the shapes" "$VITROMECH" info big.bin
refused "raw without scan" "1x20, 2x10, 4x5, 5x4, 10x2, 20x1" "$VITROMECH" info big.bin --detector 12x10 --type uint16be
refused "too many frames" "only left out when asked for" "$VITROMECH" info big.bin "${raw[@]}" --scan 4x4
refused "an unknown type" "uint17" "$VITROMECH" info big.bin "${raw[@]}" --type uint17
refused "an unknown format" "no format of cubes" "$VITROMECH" info big.bin --format tif
refused "an unknown policy" "skip-per-line is needed" "$VITROMECH" info big.bin --extra-frames all

cat >recipe.yaml <<'YAML'
schema: 1
analysis:
  - {statistic: average_pattern}
YAML
cat >check.py <<'PYTHON'
import sys

import h5py
import numpy as np

path, truth = sys.argv[1:3]
cube = np.load(truth) if len(sys.argv) == 3 else h5py.File(truth)[sys.argv[3]][()]
cube = cube.astype(float).reshape((-1,) + cube.shape[-2:])
mean = h5py.File(path)["statistics/average_pattern/mean"][()]
assert mean.shape == cube.shape[1:] and np.allclose(mean, cube.mean(0), rtol=1e-6, atol=1e-30), abs(mean - cube.mean(0)).max()
PYTHON
mean() { # mean CUBE TRUTH [DATASET] -- HINTS...
  local cube=$1 truth=()
  shift
  while [ "$1" != -- ]; do truth+=("$1"); shift; done
  shift
  expect "$cube is analysed" on_ranks 2 "$VITROMECH" analyze "$cube" recipe.yaml --output mean.h5 "$@" >mean.log
  expect "mean pattern of $cube" /usr/bin/python3 check.py mean.h5 "${truth[@]}"
}
pitch=(--pitch "0.2 1/nm" --scan-pitch "1 nm")
mean array.npy counts_truth.npy -- "${pitch[@]}"
mean big.bin counts_truth.npy -- "${pitch[@]}" "${raw[@]}"
mean scan_x5_y4.raw empad_truth.npy -- "${pitch[@]}"
samples=${VM_TEST_DATA:-absent}/readers
if [ -e "$samples/amorphous_512.hspy" ]; then
  mean "$samples/amorphous_512.hspy" "$samples/amorphous_512.hspy" Experiments/__unnamed__/data -- "${pitch[@]}"
  mean "$samples/prismatic_si100_4d.emd" "$samples/prismatic_si100_4d.emd" \
    4DSTEM_simulation/data/datacubes/CBED_array_depth0000/datacube --
fi

# Conversion to EMD: the same numbers, the calibration given, type of counts kept; nothing is left of one that fails.
cat >same.py <<'PYTHON'
import sys

import h5py
import numpy as np

data = h5py.File(sys.argv[1])["datacube_root/datacube/data"]
truth = np.load(sys.argv[2])
assert data.dtype == sys.argv[3] and np.array_equal(data[()], truth.astype(sys.argv[3])), data.dtype
assert h5py.File(sys.argv[1])["datacube_root/metadatabundle/calibration/Q_pixel_size"][()] == 0.2
PYTHON
expect "counts are converted" on_ranks 2 "$VITROMECH" convert big.bin counts.h5 "${raw[@]}" "${pitch[@]}" >convert.log
expect "counts stay the same" /usr/bin/python3 same.py counts.h5 counts_truth.npy uint16
expect "EMPAD is converted" on_ranks 3 "$VITROMECH" convert scan_x5_y4.raw empad.h5 "${pitch[@]}" >convert.log
expect "EMPAD stays the same" /usr/bin/python3 same.py empad.h5 empad_truth.npy float32
says "the converted cube" "scan 4 x 5" "$VITROMECH" info counts.h5

# To HyperSpy: its layout as its own reader takes it apart (every attribute of an axis is one of the axis), and back again.
cat >hyperspy.py <<'PYTHON'
import h5py
import numpy as np

file = h5py.File("counts.hspy")
assert file.attrs["file_format"] == "HyperSpy" and float(file.attrs["file_format_version"]) >= 3
(signal,) = file["Experiments"].values()
assert np.array_equal(signal["data"][()], np.load("counts_truth.npy").astype("uint16"))
axes = [dict(signal[f"axis-{i}"].attrs) for i in range(4)]
assert all(np.ndim(value) == 0 for a in axes for value in a.values())
assert [bool(a["navigate"]) for a in axes] == [True, True, False, False] and all(a["navigate"].dtype == bool for a in axes)
assert [int(a["size"]) for a in axes] == [4, 5, 12, 10] and [a["units"] for a in axes] == ["nm", "nm", "1/nm", "1/nm"]
assert np.allclose([a["scale"] for a in axes], [1, 1, 0.2, 0.2]) and np.allclose([a["offset"] for a in axes], [0, 0, -1.1, -0.9])
assert {"General", "Signal"} <= set(signal["metadata"]) and "original_metadata" in signal
PYTHON
expect "counts are converted for HyperSpy" on_ranks 2 "$VITROMECH" convert counts.h5 counts.hspy --centre 5.5,4.5 >convert.log
expect "the layout of HyperSpy" /usr/bin/python3 hyperspy.py
says "the file of HyperSpy" "direct beam at pixel 5.5, 4.5" "$VITROMECH" info counts.hspy
expect "counts come back" "$VITROMECH" convert counts.hspy back.h5 >convert.log
expect "counts stay the same there and back" /usr/bin/python3 same.py back.h5 counts_truth.npy uint16
head -c 4700 big.bin >short.bin
refused "a cube cut off" "cut off" "$VITROMECH" convert short.bin short.h5 "${raw[@]}"
refused "a format that is not written" "written as EMD or for HyperSpy" "$VITROMECH" convert counts.h5 counts_again.npy
refused "a cube onto itself" "the same file" "$VITROMECH" convert counts.h5 counts.h5
expect "nothing is left of it" test ! -e short.h5 -a ! -e short.h5.part

# The recipes for stacks of a detector; a Merlin file of 4x5 frames with a header each.
/usr/bin/python3 - <<'PYTHON'
import numpy as np

rng = np.random.default_rng(2)
y, x = np.mgrid[:64, :64] - 31.5
ring = np.exp(-((np.hypot(x, y) - 18) / 3) ** 2)
counts = rng.poisson(20 + 100 * ring * rng.random((20, 1, 1))).astype(">u2")
with open("own.mib", "wb") as f:
    for i, frame in enumerate(counts):
        f.write(f"MQ1,{i + 1:06d},00384,01,0064,0064,U16,   1x1,01,2021-05-07,0.1,".encode().ljust(384) + frame.tobytes())
PYTHON
recipes=$VM_SOURCE_DIR/inputs/analysis
hints=("${pitch[@]}" --centre 63.5,63.5)
expect "the recipe for EMPAD" "$VITROMECH" analyze scan_x5_y4.raw "$recipes/empad.yaml" --output empad.h5 "${hints[@]}" >empad.log
expect "EMPAD has V(k)" grep -q "^ *fem" empad.log
hints=("${pitch[@]}" --centre 31.5,31.5 --gain 1 --scan 4x5)
expect "the recipe for Merlin" "$VITROMECH" analyze own.mib "$recipes/mib.yaml" --output mib.h5 "${hints[@]}" >mib.log
expect "Merlin has V(k)" grep -q "^ *fem" mib.log

# One pattern with a distorted ring behind a beam stop with its arm, as TIFF: centre and ratio of the axes come back.
/usr/bin/python3 - <<'PYTHON'
import struct

import numpy as np

y, x = np.mgrid[:200, :200] - np.array([96.4, 105.2])[:, None, None]
k = np.hypot(1.02 * y, x / 1.02)
pattern = 3000 * np.exp(-((k - 45) / 8) ** 2) + 4000 * np.exp(-k / 30) + 300
pattern[(np.hypot(y, x) < 14) | ((y < 0) & (abs(x) < 7))] = 3
data = np.random.default_rng(3).poisson(pattern).astype("<u2").tobytes()
tags = [(256, 3, 200), (257, 3, 200), (258, 3, 16), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, 200), (279, 4, len(data))]
with open("stop.tif", "wb") as f:
    f.write(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)))
    f.write(b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags) + bytes(4))
PYTHON
expect "the recipe for a measured pattern" "$VITROMECH" analyze stop.tif "$recipes/measured_pattern.yaml" --pitch "0.05 1/nm" --output stop.h5 >stop.log
expect "centre and ellipse of the measured pattern" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

with h5py.File("stop.h5", "r") as f:
    geometry = f["statistics/geometry"]
    centre, e = geometry["centre"][()], geometry["ellipse"][()]
    axes = np.linalg.eigvalsh([[1 + e[0], e[2]], [e[2], 1 + e[1]]])
    print("figure: centre", centre, "of [96.4, 105.2], ratio of axes", axes[1] / axes[0], "of", 1.02**2)
    assert np.abs(centre - [96.4, 105.2]).max() < 0.05, centre
    assert abs(axes[1] / axes[0] - 1.02**2) < 1e-3, axes
    assert np.isfinite(f["statistics/angular_correlation/correlation"][()][40:50]).all()
PYTHON
expect "a TIFF becomes EMD" "$VITROMECH" convert stop.tif stop_emd.h5 --pitch "0.05 1/nm"
expect "with the same pixels" /usr/bin/python3 -c 'import h5py, numpy as np
with h5py.File("stop_emd.h5") as f, open("stop.tif", "rb") as t:
    a = f["datacube_root/datacube/data"]
    assert a.shape == (1, 1, 200, 200) and a.dtype == np.uint16
    assert a[()].tobytes() == t.read()[8:8 + 80000]'
finish
