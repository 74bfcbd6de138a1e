#!/usr/bin/env bash
# timeout: 900; labels: long
# The sweeps of inputs/kinetics at full size: the sense of their trends, means over seeds apart by three standard errors, and
# the laws of the yield stress against temperature. Prints the tables of docs/studies.md.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

for name in annealing treatment brittle_to_ductile yield_temperature; do
  expect "$name" "$VITROMECH" sweep "$VM_SOURCE_DIR/inputs/kinetics/$name.yaml" -j 2 >"log_$name"
done
expect "trends" /usr/bin/python3 - "$VM_SOURCE_DIR/docs/figures" <<'PYTHON'
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import kinetics


def ends(name, parameter, columns):
    """Means and standard errors at the lowest and the highest value of the parameter."""
    kinetics.trend(f"out/{name}/table.csv")
    _, _, values = kinetics.table(f"out/{name}/table.csv")
    values["overshoot"] = values["peak"] / values["last"] - 1
    x = values[parameter]
    return [{c: kinetics.mean_and_error(values[c][x == end]) for c in columns} for end in (x.min(), x.max())]


def higher(a, b, column):
    distance = (a[column][0] - b[column][0]) / np.hypot(a[column][1], b[column][1])
    print(f"{column}: {distance:.1f} standard errors apart")
    assert distance > 3, (column, distance)


columns = ("peak", "overshoot", "participation")
rejuvenated, annealed = ends("annealing", "kinetics.softening.permanent", columns)
higher(annealed, rejuvenated, "peak")
higher(annealed, rejuvenated, "overshoot")
higher(rejuvenated, annealed, "participation")
few, many = ends("brittle_to_ductile", "flow_units.fraction", columns)
higher(few, many, "peak")
higher(few, many, "overshoot")
higher(many, few, "participation")

# annealing as a stage raises the peak, shear after it lowers it again
kinetics.treatments("out/treatment/table.csv")
_, texts, values = kinetics.table("out/treatment/table.csv")
loading = np.array([text["loading"] for text in texts])
cast, annealed, sheared = ({"peak": kinetics.mean_and_error(values["peak"][which])} for which in (
    np.char.find(loading, "annealing") < 0, (np.char.find(loading, "1e8") > 0) & (np.char.find(loading, "unloading") < 0),
    np.char.find(loading, "unloading") > 0))
higher(annealed, cast, "peak")
higher(annealed, sheared, "peak")

kinetics.yield_stress("out/yield_temperature/table.csv")
_, texts, values = kinetics.table("out/yield_temperature/table.csv")
cooperative = np.array(["cooperative" in text["kinetics.barrier"] for text in texts])
for which, power in ((~cooperative, 1.0), (cooperative, 2 / 3)):
    x = values["temperature"][which]
    levels = np.unique(x)
    mean = np.array([values["yield_stress"][which][x == t].mean() for t in levels])
    assert (np.diff(mean) < 0).all(), mean
    assert np.corrcoef(levels**power, mean)[0, 1] ** 2 > 0.98
PYTHON
finish
