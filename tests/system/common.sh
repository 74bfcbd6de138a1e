# Sourced by the system tests: scratch directory, a small case, checks that are counted and never end the script.
set -u
: "${VITROMECH:?the program to test}" "${VM_SOURCE_DIR:?}"
scratch=${VM_TEST_SCRATCH:-/tmp/vitromech-$$}
rm -rf "$scratch" && mkdir -p "$scratch" && cd "$scratch" || exit 1

checks=0 failures=0
expect() { # expect DESCRIPTION COMMAND...: the command must succeed
  local description=$1
  shift
  checks=$((checks + 1))
  if ! "$@"; then
    failures=$((failures + 1))
    echo "FAILED: $description"
  fi
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$failures" -eq 0 ]
  exit
}

on_ranks() { # on_ranks N COMMAND...
  local n=$1
  shift
  mpirun --oversubscribe --quiet -n "$n" "$@"
}

# Runs a case stopped by its wall time again and again, on 1 ... RANKS ranks in turn, until it is complete; where the machine is
# so fast that fewer than LEAST stops land, once more with half the time. Sets `stops`, and `status` of the last piece.
in_pieces() { # in_pieces DIRECTORY RANKS LEAST CASE [WORDS...]
  local directory=$1 ranks=$2 least=$3 limit=512
  shift 3
  while :; do
    stops=0 status=85
    rm -rf "$directory"
    while [ "$status" -eq 85 ] && [ "$stops" -lt 60 ]; do
      on_ranks $((1 + stops % ranks)) "$VITROMECH" run --no-report "$@" --set output.directory="$directory" \
        --max-walltime "$limit ms" >>"log_$directory" 2>&1
      status=$?
      [ "$status" -ne 85 ] || stops=$((stops + 1))
    done
    [ "$stops" -lt "$least" ] && [ "$limit" -gt 1 ] || return 0
    limit=$((limit / 2))
  done
}

# Runs a case on one rank into DIRECTORY, on more, and in at least LEAST + 1 pieces on up to PIECES_ON ranks: all give the same results.
same_anywhere() { # same_anywhere DIRECTORY CASE PIECES_ON LEAST RANKS...
  local directory=$1 case=$2 pieces_on=$3 least=$4 n
  shift 4
  expect "$directory, 1 rank" on_ranks 1 "$VITROMECH" run "$case" --set output.directory="$directory" >"log_$directory"
  for n in "$@"; do
    expect "$directory, $n ranks" on_ranks "$n" "$VITROMECH" run "$case" --set output.directory="${directory}_$n" >"log_${directory}_$n"
    expect "$directory, $n ranks: same results as 1" same_results "$directory" "${directory}_$n"
  done
  in_pieces "${directory}_stopped" "$pieces_on" "$least" "$case"
  expect "$directory: resumed to the end, exit $status" "$VITROMECH" run "$case" --set output.directory="${directory}_stopped" >>"log_${directory}_stopped" 2>&1
  expect "$directory, stopped and resumed: same results" same_results "$directory" "${directory}_stopped"
  echo "$stops stops"
}

# A sheared glass that flows: CELLS^3 voxels, stages that need seconds.
small_case() { # small_case CELLS STRAIN
  cat <<YAML
schema: 1
name: small
seed: 7
temperature: 300 K
grid: {cells: [$1, $1, $1], spacing: 1.703 nm}
material: {law: elastic, shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa}
flow_units: {generator: gaussian_field, fraction: 0.2, correlation_length: 3.4 nm, barrier_ratio: 0.85}
kinetics:
  law: stz
  modes: 20
  stz_volume: 1.6 nm^3
  barrier: {law: linear, mean: 1.75 eV, spread: 0.1 eV, per: voxel}
  softening: {permanent: 0.15, decaying: 0.05, time: 1e-3 s}
loading:
  - {programme: strain_rate, control: {xy: {strain_rate: 5e-5 1/s}}, until: {xy: $2}}
  - {programme: creep, control: {xx: {stress: 0 GPa}, yy: {stress: 0 GPa}, zz: {stress: 0 GPa}, xy: {stress: 0.3 GPa}}, duration: 10 s}
  - {programme: relaxation, duration: 10 s}
output: {directory: out, every: {strain: 0.001}, checkpoint_every: 0.2 s}
YAML
}

# True if the history, the events and the fields (or the groups named) of two output directories are the same bits.
same_results() { # same_results A B [GROUPS...]
  cmp "$1/history.csv" "$2/history.csv" && /usr/bin/python3 - "$1/result.h5" "$2/result.h5" "${@:3}" <<'PYTHON'
import sys

import h5py


groups = sys.argv[3:] or ("history", "events", "fields")


def datasets(path):
    found = {}
    with h5py.File(path, "r") as f:
        for group in groups:
            f[group].visititems(lambda name, item, group=group: found.update({f"{group}/{name}": item[()]})
                                if isinstance(item, h5py.Dataset) else None)
    return found


a, b = (datasets(path) for path in sys.argv[1:3])
different = sorted(set(a) ^ set(b)) + [n for n in sorted(set(a) & set(b))
                                       if a[n].shape != b[n].shape or a[n].tobytes() != b[n].tobytes()]
if different or ("events" in groups and not len(a["events/time"])):
    sys.exit(f"not the same: {different}" if different else "there are no events to compare")
PYTHON
}
