#!/usr/bin/env bash
# timeout: 1200; labels: long
# Physics of flow in small boxes, several glasses each: without softening the plastic strain is spread more; more flow
# units lower the yield stress; an annealed glass (low effective temperature) is stronger and flows in fewer voxels.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

cat >soft.yaml <<'YAML'
schema: 1
temperature: 300 K
grid: {cells: [12, 12, 12], spacing: 1.703 nm}
material: {law: elastic, shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa}
flow_units: {generator: gaussian_field, fraction: 0.2, correlation_length: 3.4 nm, barrier_ratio: 0.85}
kinetics:
  law: stz
  finder: thinned
  modes: 12
  stz_volume: 1.6 nm^3
  barrier: {law: linear, mean: 1.4 eV, spread: 0.1 eV, per: voxel}
  softening: {permanent: 0.2}
loading:
  - {programme: strain_rate, control: {xy: {strain_rate: 5e-5 1/s}}, until: {xy: 0.04}}
output: {every: {strain: 0.001}}
YAML
sed 's/finder: thinned/finder: full/; s/12, 12, 12/10, 10, 10/; s/permanent: 0.2/permanent: 0/; s/mean: 1.4/mean: 1.2/; s/fraction: 0.2/fraction: 0/
     s/modes: 12/modes: 8\n  memory: {law: effective_temperature, matrix: 0.06, steady: 0.3, strain: 0.03}/' soft.yaml >annealed.yaml

for seed in 1 2 3; do
  run() { # run CASE NAME SETTINGS...
    local case=$1 name=$2
    shift 2
    expect "$name, seed $seed" "$VITROMECH" run "$case" "$@" --set seed=$seed --set output.directory="$name$seed" >"log_$name$seed"
  }
  run soft.yaml soft
  run soft.yaml unsoftened --set kinetics.softening.permanent=0
  run soft.yaml few --set flow_units.fraction=0.05
  run soft.yaml many --set flow_units.fraction=0.4
  run annealed.yaml annealed
  run annealed.yaml rejuvenated --set kinetics.memory.matrix=0.12
done

expect "the glasses differ as they should" /usr/bin/python3 - <<'PYTHON'
import h5py
import numpy as np

SEEDS = (1, 2, 3)


def measures(name):
    """Highest shear stress [GPa], and participation ratio at a plastic shear strain of 0.01, mean and standard error."""
    rows = []
    for seed in SEEDS:
        with h5py.File(f"{name}{seed}/result.h5", "r") as f:
            stress, plastic = f["history/stress"][:, 5], f["history/plastic_strain"][:, 5]
            rows.append((stress.max(), np.interp(0.01, plastic, f["history/participation_ratio"][:])))
            assert plastic[-1] > 0.01, (name, plastic[-1])
    rows = np.array(rows)
    mean, error = rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(SEEDS))
    print(f"{name:12} peak {mean[0]:.3f} +- {error[0]:.3f} GPa, participation {mean[1]:.3f} +- {error[1]:.3f}")
    return mean, error


def higher(a, b, what):
    """a above b by three standard errors."""
    distance = (a[0][what] - b[0][what]) / np.hypot(a[1][what], b[1][what])
    assert distance > 3, (what, distance)


PEAK, PARTICIPATION = 0, 1
soft, unsoftened, few, many, annealed, rejuvenated = (
    measures(name) for name in ("soft", "unsoftened", "few", "many", "annealed", "rejuvenated"))
higher(unsoftened, soft, PARTICIPATION)
higher(few, soft, PEAK)
higher(soft, many, PEAK)
higher(annealed, rejuvenated, PEAK)
higher(rejuvenated, annealed, PARTICIPATION)
PYTHON
finish
