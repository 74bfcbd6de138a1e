#!/usr/bin/env bash
# timeout: 240
# The flow-unit fraction from diffraction alone: flow units whose atoms are disordered are seen in the curves of small cubes, and the
# fraction of glasses made with other seeds is inferred from these; where they are not disordered it cannot be, which is said.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
/usr/bin/python3 -c "import h5py" 2>/dev/null || { echo "skipped: no python3-h5py"; exit 77; }

cat >seen.yaml <<YAML
schema: 1
name: a thin glass with disordered flow units
temperature: 300 K
grid: {cells: [8, 8, 4], spacing: 1.46 nm}
material: {law: elastic, shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa}
flow_units: {generator: gaussian_field, fraction: 0.2, correlation_length: 2 nm}
loading: [{programme: relaxation, duration: 1 s}]
output: {directory: out/seen, fields: [flow_unit]}
glass:
  structure: $VM_SOURCE_DIR/inputs/glasses/zr50cu35al15_10976.xyz.gz
  size: [11.68 nm, 11.68 nm, 5.84 nm]
  thickness: 5 nm
  flow_units: {displacement: 0.04 nm}
microscope:
  voltage: 300 kV
  semi_angle: 1.15 mrad
  scan: {points: [10, 10], step: 1.16 nm}
  detector: {pixels: [64, 64], pitch: 0.2 1/nm, dose: 1e5}
analysis: [{statistic: radial_intensity}, {statistic: fem}, {statistic: nfold}]
YAML
sweep() { # sweep DIRECTORY FROM TO POINTS SEED [ASSIGNMENT]
  cat >"plan_$1.yaml" <<YAML
schema: 1
case: seen.yaml
directory: $1
set: [${6:+\"$6\"}]
parameters: [{path: flow_units.fraction, from: $2, to: $3, points: $4}]
seeds: {first: $5}
YAML
  "$VITROMECH" sweep "plan_$1.yaml" -j 2 >"log_$1"
}
expect "runs with disorder" sweep seen 0.05 0.45 9 1
expect "glasses to be inferred" sweep truths 0.15 0.35 2 100
expect "runs without" sweep blind 0.05 0.45 7 1 "glass.flow_units.displacement=0 nm"

infer() { # infer FILE SWEEP LOG WORDS...
  "$VITROMECH" compare "$1" --infer flow_unit_fraction "${@:4}" "$2" --output "$3.h5" >"$3" 2>&1
}
first=$(echo truths/points/* | cut -d' ' -f1)
for point in truths/points/*; do
  expect "inference of $point" infer "$point/analysis.h5" seen "log_${point##*/}"
done
expect "truths are in their intervals" /usr/bin/python3 - <<'PYTHON'
import csv, h5py

for row in csv.DictReader(open("truths/table.csv")):
    with h5py.File(f"log_{row['id']}.h5") as f:
        q = f["inference/parameters/flow_units.fraction/quantile"][:]
        names = []
        f["inference/statistics"].visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        truth, p = float(row["flow_units.fraction"]), float(f["inference"].attrs["p_value"])
    print(f"c_FU {truth:.3f}: {q[2]:.3f}, 95 % {q[0]:.3f} ... {q[4]:.3f}, fit p {p:.2g}, from {', '.join(names)}")
    assert q[0] < truth < q[4] and q[4] - q[0] < 0.2 and not p < 0.01 and any("[" in name for name in names)
PYTHON

# The intensity of the first truth, as if it had been measured: columns k, I(k), error.
expect "a measured curve" /usr/bin/python3 - "$first" <<'PYTHON'
import sys, h5py, numpy

with h5py.File(f"{sys.argv[1]}/analysis.h5") as f:
    g = f["statistics/radial_intensity"]
    curve = numpy.column_stack([0.1 * g["k"][1:], g["intensity"][1:], g["intensity_error"][1:]])
    numpy.savetxt("measured.txt", curve)
    numpy.savetxt("half.txt", curve * [1, 0.5, 0.5])
PYTHON
expect "inference from it" infer "$first/analysis.h5" seen log_curve --curve radial_intensity/intensity=measured.txt --k-unit 1/A \
  --using radial_intensity/intensity
expect "inference from half of it, scaled" infer "$first/analysis.h5" seen log_half --curve radial_intensity/intensity=half.txt --k-unit 1/A \
  --scale 2 --using radial_intensity/intensity
expect "inference from the same in the file" infer "$first/analysis.h5" seen log_same --using radial_intensity/intensity
expect "the same interval to a hundredth" /usr/bin/python3 - <<'PYTHON'
import h5py
q = [h5py.File(f"{name}.h5")["inference/parameters/flow_units.fraction/quantile"][:] for name in ("log_curve", "log_same", "log_half")]
assert abs(q[0] - q[1]).max() < 0.01 and abs(q[0] - q[2]).max() < 1e-6, q
PYTHON

expect "blind runs" infer "$first/analysis.h5" blind log_blind
expect "nothing identified is said" grep -q "flow_units.fraction is not identified" log_blind
expect "a curve that is not there" eval '! infer "$first/analysis.h5" seen log_bad --curve fem/omga=measured.txt'
expect "its name is said" grep -q "did you mean fem/omega" log_bad

finish
