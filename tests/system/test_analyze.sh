#!/usr/bin/env bash
# timeout: 120
# `vitromech analyze` on a simulated cube: the numbers of an independent calculation, the same bits on any number of ranks,
# bad recipes refused; on a mesoscale result.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py is absent"; exit 77; }
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

awk 'BEGIN { srand(1); print 700; print "Lattice=\"30 0 0 0 30 0 0 0 60\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"";
  for (i = 0; i < 700; ++i) print (i % 2 ? "Zr" : "Cu"), 30 * rand(), 30 * rand(), 60 * rand() }' >foil.xyz
cat >case.yaml <<'YAML'
schema: 1
name: foil
seed: 3
output: {directory: out}
glass: {structure: foil.xyz, size: [3 nm, 3 nm, 6 nm]}
microscope:
  scan: {points: [9, 11], step: 0.3 nm}
  detector: {pixels: [64, 64], pitch: 0.25 1/nm, dose: 1e5}
YAML
cat >recipe.yaml <<'YAML'
schema: 1
analysis:
  - {statistic: geometry, kernel: bilinear}
  - {statistic: average_pattern}
  - {statistic: radial_intensity}
  - {statistic: fem}
  - {statistic: v2d, k: 4 1/nm}
  - {statistic: angular_correlation}
  - {statistic: nfold, k: 4 1/nm, width: 0.5 1/nm}
  - {statistic: clusters, of: nfold/total, thickness: 6 nm}
  - {statistic: clusters, of: v2d/map}
  - {statistic: autocorrelation, of: v2d/map}
  - {statistic: percolation, of: v2d/map, threshold: otsu}
YAML
expect "a cube is made" "$VITROMECH" diffract case.yaml
expect "one rank" "$VITROMECH" analyze out/cube.h5 recipe.yaml --output one.h5 >one.log
expect "the main numbers are printed" grep -q "nfold/mean_total .*+-" one.log
expect "two ranks" on_ranks 2 "$VITROMECH" analyze out/cube.h5 recipe.yaml --output two.h5 >two.log
expect "four ranks, default output" on_ranks 4 "$VITROMECH" analyze out/cube.h5 recipe.yaml >four.log
expect "nothing is left half-written" test ! -e one.h5.part

cat >check.py <<'PYTHON'
import sys

import h5py
import numpy as np


def statistics(path):
    found = {}
    with h5py.File(path, "r") as f:
        assert f.attrs["status"] in (b"complete", "complete")
        f["statistics"].visititems(lambda n, o: found.update({n: o[()]}) if isinstance(o, h5py.Dataset) else None)
        for n in found:
            assert "unit" in f["statistics"][n].attrs and "long_name" in f["statistics"][n].attrs, n
    return found


one = statistics("one.h5")
for other in ("two.h5", "cube_analysis.h5"):
    b = statistics(other)
    assert sorted(one) == sorted(b) and all(one[n].tobytes() == b[n].tobytes() for n in one), other

with h5py.File("out/cube.h5", "r") as f:
    found = []
    f.visititems(lambda n, o: found.append(o[()]) if isinstance(o, h5py.Dataset) and o.ndim == 4 else None)
frames = found[0].reshape(99, 64, 64).astype(float)
near = lambda a, b, tolerance: np.testing.assert_allclose(a, b, rtol=tolerance, atol=1e-12)
near(one["average_pattern/mean"], frames.mean(0), 1e-12)
near(one["average_pattern/maximum"], frames.max(0), 0)
c = one["geometry/centre"]
x, y = np.meshgrid(np.arange(64) - c[0], np.arange(64) - c[1], indexing="ij")
for r in (12, 16, 20):
    inside = (np.hypot(x, y) >= r) & (np.hypot(x, y) < r + 1)
    p = frames[:, inside]
    m, image = p.mean(1), p.mean(0)
    near(one["fem/k"][r], (r + 0.5) * 0.25, 1e-12)
    near(one["fem/omega_raw"][r], (m**2).mean() / m.mean() ** 2 - 1, 1e-9)
    near(one["fem/ring_raw"][r], ((p**2).mean(1) / m**2 - 1).mean(), 1e-9)
    near(one["fem/ring_ensemble_raw"][r], (p**2).mean() / p.mean() ** 2 - 1, 1e-9)
    near(one["fem/image_raw"][r], (p.var(0) / image**2).mean(), 1e-9)
    near(one["fem/ratio_raw"][r], p.var(0).mean() / p.mean() ** 2, 1e-9)
    near(one["fem/omega"][r], one["fem/omega_raw"][r] - 98 / 99 / (p.sum(1).mean()), 1e-9)

# polar samples by an independent bilinear interpolation; finer points change the mean of a bin a little
angle = np.arange(180 * 5) * 2 * np.pi / 900 - 4 * np.pi / 900
k = np.sqrt(np.linspace(3.75**2, 4.25**2, 41)[:-1] + (4.25**2 - 3.75**2) / 80) / 0.25
samples = 0
for radius in k:
    u, v = c[0] + radius * np.cos(angle), c[1] + radius * np.sin(angle)
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    fu, fv = u - i, v - j
    samples = samples + (frames[:, i, j] * (1 - fu) * (1 - fv) + frames[:, i + 1, j] * fu * (1 - fv)
                         + frames[:, i, j + 1] * (1 - fu) * fv + frames[:, i + 1, j + 1] * fu * fv)
samples = samples.reshape(99, 180, 5).mean(2) / len(k)
power = np.abs(np.fft.fft(samples, axis=1)) ** 2
power = power / power[:, :1]
pixels = np.pi * (4.25**2 - 3.75**2) / 0.25**2
for n in (2, 5, 12):
    # what was subtracted is the shot noise: about 1/(counts of the ring), less by the blur of the interpolation
    floor = (power[:, n] - one[f"nfold/n_{n}"].ravel()) * samples.mean(1) * pixels
    assert floor.std() < 0.03 * floor.mean() and 0.6 < floor.mean() < 1.0, (n, floor.mean(), floor.std())
near(one["nfold/total"], sum(one[f"nfold/n_{n}"] for n in range(2, 13, 2)), 1e-12)
correlation, spectrum = one["angular_correlation/correlation"], one["angular_correlation/power"]
transform = np.fft.fft(correlation, axis=1).real
near(transform[:, 1:13], 180 * spectrum[:, 1:], 1e-9)
assert one["clusters/count"] == one["clusters/diameter"].size
PYTHON
expect "numbers as by numpy, the same bits on 1, 2, 4 ranks" /usr/bin/python3 check.py

expect_refused() { # expect_refused WHAT COMMAND...
  local what=$1
  shift
  "$@" >refused.log 2>&1
  expect "$what ends with exit 2" test $? -eq 2
  expect "$what says why" grep -q "error\|:[0-9]*:[0-9]*:" refused.log
  expect "$what leaves nothing" test ! -e refused.h5 -a ! -e refused.h5.part
}
expect_refused "a missing cube" "$VITROMECH" analyze absent.h5 --output refused.h5
expect_refused "a text file" "$VITROMECH" analyze recipe.yaml --output refused.h5
expect_refused "an unknown map" "$VITROMECH" analyze out/cube.h5 recipe.yaml --set analysis.7.of=nfold/n_13 --output refused.h5
expect_refused "a map without statistic" "$VITROMECH" analyze out/cube.h5 recipe.yaml --set analysis.7.of=x/map --output refused.h5
expect_refused "a ring off the detector" "$VITROMECH" analyze out/cube.h5 recipe.yaml --set 'analysis.4.k="30 1/nm"' --output refused.h5
expect_refused "a bad threshold" "$VITROMECH" analyze out/cube.h5 recipe.yaml --set analysis.7.threshold=high --output refused.h5
expect_refused "two of one name" "$VITROMECH" analyze out/cube.h5 recipe.yaml --set analysis.4.name=fem --output refused.h5
expect_refused "a centre off the detector" "$VITROMECH" analyze out/cube.h5 --centre 90,90 --output refused.h5

expect "a run with the scan" "$VITROMECH" run case.yaml --set output.directory=ran
expect "it is there" "$VITROMECH" run case.yaml --set output.directory=ran
sed '50s/[0-9]/9/' foil.xyz >moved.xyz && mv moved.xyz foil.xyz
"$VITROMECH" run case.yaml --set output.directory=ran >moved.log 2>&1
expect "a run with other atoms is not taken for it: exit 2" test $? -eq 2
expect "and the file is named" grep -q "another .*foil.xyz" moved.log

small_case 8 0.03 | sed "s/directory: out/directory: deformed/" >small.yaml
expect "a small run" "$VITROMECH" run small.yaml >run.log
expect "its fields" on_ranks 3 "$VITROMECH" analyze deformed/result.h5 --output fields.h5 >fields.log
expect "clusters of plastic strain are counted" grep -q "clusters/count  *[1-9]" fields.log
finish
