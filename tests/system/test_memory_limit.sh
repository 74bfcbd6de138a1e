#!/usr/bin/env bash
# timeout: 120
# A cube four times the memory that a rank may have is analysed within it, with the same results on any number of ranks
# and as without a limit; what cannot be done within it is refused.
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: python3-h5py is absent"; exit 77; }
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

limit=180 # MB
/usr/bin/python3 - "$limit" <<'PYTHON'
import sys

import numpy as np

side, columns = 512, 20
rows = int(4.2e6 * int(sys.argv[1])) // (columns * side * side * 4) + 1
random = np.random.default_rng(1)
x = np.hypot(*np.meshgrid(np.arange(side) - 255.5, np.arange(side) - 255.5, indexing="ij"))
pattern = 400 * (x < 12) + 20 * np.exp(-(((x - 104) / 12) ** 2)) + 2
speckle = random.poisson(pattern, (23, side, side)).astype(np.float32)
cube = np.lib.format.open_memmap("cube.npy", mode="w+", dtype=np.float32, shape=(rows, columns, side, side))
for row in range(rows):
    cube[row] = speckle[(row * columns + np.arange(columns)) % 23] * (1 + 0.2 * np.sin(row))
PYTHON
size=$(stat -c %s cube.npy)
expect "the cube is four times the limit" [ "$size" -ge $((4000000 * limit)) ]

cat >recipe.yaml <<'YAML'
schema: 1
analysis:
  - {statistic: fem}
  - {statistic: v2d}
  - {statistic: angular_correlation}
  - {statistic: nfold}
  - {statistic: clusters, of: nfold/total}
YAML

analyze() { # analyze RANKS OUTPUT [OPTIONS...]: prints the largest resident memory of a process [kB]
  /usr/bin/python3 - "$@" <<'PYTHON'
import os, resource, subprocess, sys

ranks, output, *options = sys.argv[1:]
command = ["mpirun", "--oversubscribe", "--quiet", "-n", ranks, os.environ["VITROMECH"], "analyze", "cube.npy", "recipe.yaml",
           "--pitch", "0.04 1/nm", "--gain", "1", "--output", output, *options]
subprocess.run(command, check=True, stdout=open(output + ".log", "w"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PYTHON
}

free=$(analyze 1 free.h5)
one=$(analyze 1 one.h5 --memory "$limit MB")
three=$(analyze 3 three.h5 --memory "$limit MB")
echo "figure: largest memory of a rank: $free kB without a limit, $one kB on one rank and $three kB on three with $limit MB"
for kilobytes in "$free" "$one" "$three"; do # without a limit frames stay in the cache, which is less still
  expect "within the limit: $kilobytes kB" [ "$((1024 * kilobytes))" -le $((1000000 * limit)) ]
done
expect "it is said" grep -q "memory: at most" one.h5.log
expect "the same numbers with and without a limit, on any number of ranks" /usr/bin/python3 - <<'PYTHON'
import h5py


def statistics(path):
    found = {}
    with h5py.File(path, "r") as f:
        f["statistics"].visititems(lambda n, o: found.update({n: o[()]}) if isinstance(o, h5py.Dataset) else None)
    return found


free, one, three = map(statistics, ("free.h5", "one.h5", "three.h5"))
assert len(free) > 30 and set(free) == set(one) == set(three)
for name in free:
    assert free[name].tobytes() == one[name].tobytes() == three[name].tobytes(), name
PYTHON

"$VITROMECH" analyze cube.npy --pitch "0.04 1/nm" --memory "20 MB" >refused.log 2>&1
expect "too little memory is refused with exit code 2" [ $? -eq 2 ]
expect "with the memory needed" grep -q "may have 20 MB of memory, and needs" refused.log
for wrong in "3 parsecs" "-4 GB" "many" "1"; do
  "$VITROMECH" analyze cube.npy --pitch "0.04 1/nm" --memory "$wrong" >refused.log 2>&1
  expect "--memory $wrong is refused" [ $? -eq 2 ]
done
rm -f cube.npy
finish
