#!/usr/bin/env bash
# timeout: 300; labels: long
# On two idle cores: 24 small points keep both cores busy for at least 90 % of the time, and what a point costs beside its work
# (start, manifest, collection) is less than 0.3 s. What other programs take of the cores is left out.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
[ "$(nproc)" -ge 2 ] || { echo "skipped: one core"; exit 77; }

small_case 12 0.04 >busy.yaml
small_case 4 0.0001 >idle.yaml
plan() { # plan CASE
  cat <<YAML
schema: 1
case: $1.yaml
directory: $1
parameters: [{path: flow_units.fraction, from: 0.1, to: 0.3, points: 24}]
YAML
}
timed() { # timed JOBS NAME: seconds of wall clock and of both cores, in time_NAME
  plan "$2" >"plan_$2.yaml"
  TIMEFORMAT="%R %U %S"
  { time "$VITROMECH" sweep "plan_$2.yaml" -j "$1" >"log_$2" 2>&1; } 2>"time_$2"
}
others() { # processor time of everything on the machine and what of it is idle, in clock ticks
  awk '/^cpu / {busy = $2 + $3 + $4 + $7 + $8; print busy}' /proc/stat
}
before=$(others)
expect "24 points on two cores" timed 2 busy
after=$(others)
expect "24 points without work" timed 1 idle
expect "throughput" /usr/bin/python3 - "$((after - before))" "$(getconf CLK_TCK)" <<'PYTHON'
import sys

wall, user, system = map(float, open("time_busy").read().split())
foreign = int(sys.argv[1]) / int(sys.argv[2]) - user - system
used = (user + system) / (2 * wall - max(foreign, 0))
print(f"24 points on two cores: {wall:.2f} s, {user + system:.2f} s of work, others took {foreign:.2f} s: {100 * used:.1f} % used")
wall, user, system = map(float, open("time_idle").read().split())
print(f"a point without work: {wall / 24:.3f} s, {(user + system) / 24:.3f} s of a core")
assert used >= 0.9 and (user + system) / 24 < 0.3
PYTHON
finish
