#!/usr/bin/env bash
# timeout: 180
# V(k) of a foil of glass peaks at the first ring because thermal diffuse scattering, which adds to the mean and hardly to the
# variance, is strongest beside it; without thermal motion the variance of speckle is 1 everywhere.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py or numpy is absent"; exit 77; }
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

cat >case.yaml <<YAML
schema: 1
name: thermal variance
seed: 3
output: {directory: out}
glass: {structure: $VM_SOURCE_DIR/inputs/glasses/zr50cu35al15_10976.xyz.gz, size: [14 nm, 14 nm, 11.68 nm], thickness: 10 nm}
microscope:
  precision: single
  direct_beam: false
  scan: {points: [17, 17], step: 0.8 nm}
  detector: {pixels: [96, 96], pitch: 0.2 1/nm}
analysis:
  - {statistic: radial_intensity}
  - {statistic: fem}
YAML
scan() { "$VITROMECH" run case.yaml "${@:2}" --set output.directory="$1" >"$1.log"; }
expect "rigid foil" scan rigid
expect "damped amplitudes" scan damped --set microscope.debye_waller="0.006 nm^2"
expect "frozen phonons" scan thermal --set microscope.debye_waller="0.006 nm^2" --set microscope.phonons=6
expect "variances" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np


def get(name, what):
    with h5py.File(f"{name}/analysis.h5") as f:
        return f[f"statistics/{what}"][()]


k = get("thermal", "fem/k")
image = {name: get(name, "fem/image") for name in ("rigid", "thermal")}
intensity = {name: np.interp(k, get(name, "radial_intensity/k"), get(name, "radial_intensity/intensity")) for name in ("damped", "thermal")}
coherent = intensity["damped"] / intensity["thermal"]
theory = coherent**2 + (1 - coherent) ** 2 / 6  # speckle of the mean amplitude, and of six diffuse patterns
use = (k > 2) & (k < 8)
print("rigid: V from", image["rigid"][use].min(), "to", image["rigid"][use].max())
assert np.all(abs(image["rigid"][use] - 1) < 0.12)
print("thermal: largest deviation from theory", abs(image["thermal"] - theory)[use].max())
assert np.all(abs(image["thermal"] - theory)[use] < 0.08)
peak = k[use][image["thermal"][use].argmax()]
ring = k[use][intensity["thermal"][use].argmax()]
beside = [image["thermal"][(k > low) & (k < low + 0.6)].mean() for low in (2.0, 5.7)]
top = image["thermal"][(k > 3.9) & (k < 4.5)].mean()
print("V peaks at", peak, "the ring is at", ring, "V there", top, "at 2.3 and 6 1/nm", *beside)
assert 3.7 < peak < 4.8 and top > 1.15 * max(beside)
PYTHON
finish
