#!/usr/bin/env bash
# timeout: 60
# The Python reader: values, units, and labelled arrays where xarray is installed.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
/usr/bin/python3 -c "import h5py" 2>/dev/null || { echo "skipped: no python3-h5py"; exit 77; }

cat >case.yaml <<'YAML'
schema: 1
name: one site
seed: 1
grid: {cells: [4, 4, 4], spacing: 1.17 nm}
material: {law: elastic, shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa}
loading: [{programme: strain_rate, control: {xy: {strain_rate: 1e-3 1/s}}, until: {xy: 0.01}}]
output: {directory: out, every: {strain: 0.002}, fields: [stress]}
YAML
expect "a run" "$VITROMECH" run case.yaml --no-report
expect "its history and fields" /usr/bin/python3 - <<'PY'
import os, sys
sys.path.insert(0, os.path.join(os.environ["VM_SOURCE_DIR"], "analysis", "report"))
import vitromech
run = vitromech.open("out/result.h5")
stress = run.history["stress"]
assert abs(stress[-1, 5] - 2 * 31.3 * 0.01) < 1e-9, stress[-1]
assert run.history.attribute("stress", "unit") == "GPa"
try:
    import xarray
except ImportError:
    sys.exit()
labelled = run.history.array("stress")
assert labelled.dims == ("row", "component") and labelled.attrs["units"] == "GPa"
assert float(labelled.sel(component="xy")[-1]) == stress[-1, 5]
assert labelled.time.attrs["units"] == "s" and abs(float(labelled.time[-1]) - 10) < 1e-9
field = run.fields(run.steps[-1]).array("stress")
assert field.dims == ("x", "y", "z", "component") and field.shape == (4, 4, 4, 6)
PY
finish
