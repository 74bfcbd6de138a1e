#!/usr/bin/env bash
# timeout: 240
# A scan that is killed or stopped goes on where whole lines are in the file, and ends with the same bytes; memory is kept to.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
kills=${VM_TEST_KILLS:-3}

cat >case.yaml <<YAML
schema: 1
name: scan
seed: 3
output: {directory: out}
glass: {structure: $VM_SOURCE_DIR/inputs/glasses/zr50cu35al15_10976.xyz.gz, size: [11.68 nm, 11.68 nm, 5.84 nm]}
microscope:
  method: multislice
  precision: single
  memory: 180
  scan: {points: [48, 37], step: 0.2 nm}
  detector: {pixels: [60, 60], pitch: 0.25 1/nm, dose: 1e5}
YAML

diffract() { "$VITROMECH" diffract case.yaml "$@"; }

# True if the patterns of two cubes are the same bytes.
same_patterns() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import sys

import h5py

a, b = (h5py.File(path, "r") for path in sys.argv[1:3])
data = "datacube_root/datacube/data"
same = a[data].shape == b[data].shape and a[data][()].tobytes() == b[data][()].tobytes()
whole = all(f.attrs["complete"] == 1 and "progress" not in f for f in (a, b))
sys.exit(not (same and whole))
PYTHON
}

marked() { # lines in FILE.part
  /usr/bin/python3 -c 'import h5py, sys; print(h5py.File(sys.argv[1], "r")["progress/done"][:].sum())' "$1.part" 2>/dev/null || echo 0
}

expect "uninterrupted" diffract --output whole.h5 >log_whole
cat log_whole

landed=0 resumed=0
for ((i = 0; landed < kills && i < 10 * kills; ++i)); do
  on_ranks $((1 + i % 2)) "$VITROMECH" diffract case.yaml --output killed.h5 >>log_killed 2>&1 &
  launcher=$!
  while kill -0 "$launcher" 2>/dev/null && [ ! -e killed.h5.part ]; do sleep 0.05; done
  sleep "$(awk -v r="$RANDOM" 'BEGIN {print 2.5 * r / 32768}')"
  rank=$(pgrep -P "$(pgrep -P "$launcher" -x mpirun || echo "$launcher")" | head -n 1)
  if [ -n "$rank" ] && kill -9 "$rank" 2>/dev/null; then landed=$((landed + 1)); fi
  wait "$launcher"
  [ ! -e killed.h5 ] || { same_patterns whole.h5 killed.h5 || failures=$((failures + 1)); rm killed.h5; }
  echo "killed with $(marked killed.h5) lines in the file"
done
expect "resumed after $landed kills" diffract --output killed.h5 >>log_killed 2>&1
expect "killed and resumed: same bytes" same_patterns whole.h5 killed.h5
expect "all kills landed" test "$landed" -eq "$kills"
expect "some runs went on" grep -q "goes on with killed.h5.part" log_killed
expect "nothing is left beside the cube" test ! -e killed.h5.part

"$VITROMECH" diffract case.yaml --output stopped.h5 >log_stopped 2>&1 &
program=$!
while kill -0 "$program" 2>/dev/null && [ "$(marked stopped.h5)" -lt 1 ]; do sleep 0.2; done
kill -USR2 "$program"
wait "$program"
status=$?
expect "stopped by USR2 with exit 85, not $status" test "$status" -eq 85
expect "what is there is kept" test -s stopped.h5.part
cp stopped.h5.part damaged.h5.part
cp stopped.h5.part changed.h5.part

diffract --output changed.h5 --set microscope.defocus="10 nm" >log_changed 2>&1
expect "another microscope is refused with exit 2" test $? -eq 2
expect "and says so" grep -q "changed.h5.part was begun with other atoms, another microscope" log_changed
diffract --output changed.h5 --set glass.thickness="5 nm" >log_changed 2>&1
expect "other atoms are refused with exit 2" test $? -eq 2
expect "stopped and resumed on other ranks" on_ranks 3 "$VITROMECH" diffract case.yaml --output stopped.h5 >>log_stopped 2>&1
expect "stopped and resumed: same bytes" same_patterns whole.h5 stopped.h5

truncate -s 5000 damaged.h5.part
expect "a damaged file is begun anew" diffract --output damaged.h5 >>log_damaged 2>&1
expect "damaged: same bytes" same_patterns whole.h5 damaged.h5

# Memory: the estimate holds what is taken, tiles shrink with it, and too little is an error.
took() { sed -n 's/.*the largest rank took \([0-9]*\) MB/\1/p' "$1"; }
expect "180 MB are kept to: $(took log_whole)" test "$(took log_whole)" -le 180
diffract --output small.h5 --set microscope.memory=125 --set microscope.scan.points="[20, 20]" >log_small
expect "125 MB are kept to: $(took log_small)" test "$(took log_small)" -le 125
edge() { sed -n 's/.*tiles of \([0-9]*\) x.*/\1/p' "$1"; }
expect "smaller tiles in less memory: $(edge log_whole), $(edge log_small)" test "$(edge log_small)" -lt "$(edge log_whole)"
diffract --output none.h5 --set microscope.memory=110 >log_none 2>&1
expect "110 MB are refused with exit 2" test $? -eq 2
expect "and says what is needed" grep -qE "even tiles of one probe need 1[0-9]{2}" log_none
finish
