#!/usr/bin/env bash
# timeout: 1800; labels: long
# Glasses of known flow-unit fraction, made with other seeds, are inferred from a sweep: the 95 % interval holds the truth
# in at least 17 of 20 and is narrower than 0.12; glasses of another correlation length are told to fit poorly.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
jobs=${VM_TEST_JOBS:-2}

sweep=$VM_SOURCE_DIR/inputs/sweeps
expect "the sweep" "$VITROMECH" sweep "$sweep/flow_unit_fraction.yaml" -j "$jobs" >log_sweep

truths() { # truths DIRECTORY SAMPLES SEED [ASSIGNMENT]
  cat <<YAML
schema: 1
case: $sweep/sheared_glass.yaml
directory: $1
set: [${4:+\"$4\"}]
design: latin_hypercube
samples: $2
parameters:
  - {path: flow_units.fraction, from: 0.08, to: 0.35}
seeds: {first: $3}
YAML
}
truths truths 20 500 >truths.yaml
truths foreign 10 900 "flow_units.correlation_length=12 nm" >foreign.yaml
expect "glasses to be inferred" "$VITROMECH" sweep truths.yaml -j "$jobs" >>log_sweep
expect "glasses of another structure" "$VITROMECH" sweep foreign.yaml -j "$jobs" >>log_sweep

infer() { # infer DIRECTORY: one line of inference for each point
  for point in "$1"/points/*; do
    "$VITROMECH" compare "$point/result.h5" --infer flow_unit_fraction out/flow_unit_fraction >"$point/inference.txt" ||
      return 1
  done
}
expect "inference" infer truths
expect "inference of the foreign ones" infer foreign
expect "intervals" /usr/bin/python3 - <<'PYTHON'
import csv, h5py

def results(directory):
    for row in csv.DictReader(open(f"{directory}/table.csv")):
        with h5py.File(f"{directory}/points/{row['id']}/inference.h5") as f:
            quantiles = f["inference/parameters/flow_units.fraction/quantile"][:]
            yield float(row["flow_units.fraction"]), quantiles, min(float(f["inference"].attrs["p_value"]), float(f["inference"].attrs["p_value_others"]))

inside, widest, poor = 0, 0.0, 0
for truth, q, p in results("truths"):
    held = q[0] <= truth <= q[4]
    inside += held
    widest = max(widest, q[4] - q[0])
    poor += p < 0.01
    print(f"c_FU {truth:.4f}: {q[2]:.4f}, 95 % {q[0]:.4f} ... {q[4]:.4f}{'' if held else '  MISSED'}, fit p {p:.3f}")
told = [p < 0.01 for _, _, p in results("foreign")]
print(f"{inside} of 20 truths in their 95 % interval, widest {widest:.4f}; {poor} good glasses called poor; "
      f"{sum(told)} of {len(told)} foreign glasses told")
assert inside >= 17 and widest < 0.12 and poor <= 2 and sum(told) >= 0.8 * len(told)
PYTHON
finish
