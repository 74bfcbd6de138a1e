#!/usr/bin/env bash
# timeout: 300
# Killed with kill -9 at random times, or stopped by USR2, and run again: the same results as without interruption.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
kills=${VM_TEST_KILLS:-3}

small_case 12 0.05 >case.yaml
rows() { wc -l 2>/dev/null <"$1/history.csv" || echo 0; }
expect "uninterrupted run" "$VITROMECH" run case.yaml --set output.directory=whole >log_whole
echo "uninterrupted: $(rows whole) rows"

# Starts a run on N ranks in the background and kills one of its ranks: some rows on, and up to 0.2 s later.
kill_run() { # kill_run N
  local target rank launcher
  target=$(($(rows killed) + RANDOM % (2 * $(rows whole) / (kills + 1))))
  on_ranks "$1" "$VITROMECH" run case.yaml --set output.directory=killed >>log_killed 2>&1 &
  launcher=$!
  while kill -0 "$launcher" 2>/dev/null && [ "$(rows killed)" -le "$target" ]; do sleep 0.02; done
  sleep "$(awk -v r="$RANDOM" 'BEGIN {print 0.2 * r / 32768}')"
  rank=$(pgrep -P "$(pgrep -P "$launcher" -x mpirun || echo "$launcher")" | head -n 1)
  if [ -n "$rank" ] && kill -9 "$rank" 2>/dev/null; then
    landed=$((landed + 1))
    [ ! -e killed/checkpoint.h5 ] || later=$((later + 1))
  fi
  wait "$launcher"
  echo "$1 ranks: exit $?, $(rows killed) rows"
}

# A run that was quicker than its killer is compared, and the next kills are for a new one.
landed=0 later=0
for ((i = 0; landed < kills && i < 10 * kills; ++i)); do
  kill_run $((1 + i % 2))
  grep -q '"status": "complete"' killed/status.json 2>/dev/null || continue
  expect "after $landed kills: same results" same_results whole killed
  rm -rf killed
done
expect "resumed after $landed kills" "$VITROMECH" run case.yaml --set output.directory=killed >>log_killed 2>&1
expect "killed and resumed: same results" same_results whole killed
expect "all kills landed" test "$landed" -eq "$kills"
expect "some kills met a run with a checkpoint" test "$later" -ge 1
echo "$landed kills, $later of them after a checkpoint"

# Sends USR2 at some row: checkpoint, exit 85.
stop_run() { # stop_run DIRECTORY ROW
  "$VITROMECH" run case.yaml --set output.directory="$1" >>"log_$1" 2>&1 &
  local program=$! status
  while kill -0 "$program" 2>/dev/null && [ "$(rows "$1")" -lt "$2" ]; do sleep 0.02; done
  kill -USR2 "$program"
  wait "$program"
  status=$?
  expect "$1: stopped by USR2 with exit 85, not $status" test "$status" -eq 85
  expect "$1: a checkpoint is there" test -s "$1/checkpoint.h5"
  expect "$1: the state is \"stopped\"" grep -q stopped "$1/status.json"
}

stop_run stopped $(($(rows whole) / 3))
expect "goes on" on_ranks 2 "$VITROMECH" run case.yaml --resume --set output.directory=stopped >>log_stopped 2>&1
expect "stopped and resumed on other ranks: same results" same_results whole stopped
expect "already complete" "$VITROMECH" run case.yaml --set output.directory=stopped >log_again
expect "says so" grep -q "already complete" log_again

# Out of wall time; then a result file that a kill left unreadable is built again.
"$VITROMECH" run case.yaml --set output.directory=damaged --max-walltime "10 ms" >log_damaged 2>&1
status=$?
expect "stopped by --max-walltime with exit 85, not $status" test "$status" -eq 85
stop_run damaged $(($(rows whole) / 2))
head -c 1000 damaged/result.h5 >damaged/short && mv damaged/short damaged/result.h5
expect "damaged result: goes on" "$VITROMECH" run case.yaml --set output.directory=damaged >>log_damaged 2>&1
expect "damaged result: same results" same_results whole damaged
finish
