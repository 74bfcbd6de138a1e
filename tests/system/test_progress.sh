#!/usr/bin/env bash
# timeout: 120
# What a run with kinetics says of its progress: the part of the stage's duration, every stage the same, never less than before.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 6 0.03 | sed '/programme/d; s/^  law: stz/  law: stz\n  finder: thinned/; s/mean: 1.75 eV/mean: 1.5 eV/' >case.yaml
sed -i 's|^loading:|loading:\
  - {programme: shear, shear_rate: 1e-4 1/s, shear: 0.08}\
  - {programme: relaxation, duration: 50 s}\
  - {programme: cyclic, amplitude: {xy: {strain: 0.02}}, period: 200 s, cycles: 2}|' case.yaml

# Stopped again and again; the next piece says at which time it goes on.
for pause in 128 64 32 16 8 4 2; do
  rm -rf out said
  for ((i = 0; i < 10; ++i)); do
    "$VITROMECH" run --no-report case.yaml --max-walltime "$pause ms" >log 2>&1
    status=$?
    [ "$i" -eq 0 ] || sed -n 's/^resumed *at time \([^ ]*\) s.*/\1/p' log >>said
    sed 's/.*"fraction": \([^,]*\),.*/\1/' out/status.json >>said
    [ "$status" -eq 85 ] || break
  done
  [ "$i" -lt 4 ] || break
done
"$VITROMECH" run --no-report case.yaml >log 2>&1
expect "the end is reached" grep -q '"fraction": 1,' out/status.json
expect "progress is the part of the duration that is over" /usr/bin/python3 - said <<'PYTHON'
import sys

import numpy as np

said = np.loadtxt(sys.argv[1])
fraction, time = said[0:-1:2], said[1::2]  # what a piece said as it stopped, and where the next went on
fraction = fraction[: len(time)]
ends = np.array([800.0, 850.0, 1250.0])
stage = np.searchsorted(ends, time, side="left")
start = np.append(0, ends)[stage]
wanted = (stage + (time - start) / (ends[stage] - start)) / 3
print(np.column_stack([time, fraction, wanted]))
assert len(time) >= 4
assert np.abs(fraction - wanted).max() < 1e-5, fraction - wanted
assert (np.diff(fraction) >= 0).all() and fraction[0] > 0 and fraction[-1] < 1
PYTHON
finish
