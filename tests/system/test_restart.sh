#!/usr/bin/env bash
# timeout: 300
# Killed with kill -9 at random times, or stopped by USR2, and run again: the same results as without interruption.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
kills=${VM_TEST_KILLS:-3}

small_case 10 0.055 >case.yaml
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
  echo "killed on $1 ranks: exit $?, $(rows killed) rows"
}

landed=0 later=0
for ((i = 0; i < kills; ++i)); do kill_run $((1 + i % 2)); done
expect "resumed after $landed kills" "$VITROMECH" run case.yaml --set output.directory=killed >>log_killed 2>&1
expect "at least one kill met a running program with a checkpoint" test "$later" -ge 1
expect "killed and resumed: same results" same_results whole killed

# USR2: checkpoint, exit 85, go on.
"$VITROMECH" run case.yaml --set output.directory=stopped >log_stopped 2>&1 &
program=$!
while kill -0 "$program" 2>/dev/null && [ "$(rows stopped)" -lt $(($(rows whole) / 3)) ]; do sleep 0.02; done
kill -USR2 "$program"
wait "$program"
status=$?
expect "stopped by USR2 with exit 85, not $status" test "$status" -eq 85
expect "a checkpoint is there" test -s stopped/checkpoint.h5
expect "the state is \"stopped\"" grep -q stopped stopped/status.json
expect "goes on" on_ranks 2 "$VITROMECH" run case.yaml --resume --set output.directory=stopped >>log_stopped 2>&1
expect "stopped and resumed on other ranks: same results" same_results whole stopped
expect "already complete" "$VITROMECH" run case.yaml --set output.directory=stopped >log_again
expect "says so" grep -q "already complete" log_again

# A result file that a kill left unreadable is built again.
"$VITROMECH" run case.yaml --set output.directory=damaged --max-walltime "1 s" >log_damaged 2>&1
status=$?
expect "stopped by --max-walltime with exit 85, not $status" test "$status" -eq 85
head -c 1000 damaged/result.h5 >damaged/short && mv damaged/short damaged/result.h5
expect "damaged result: goes on" "$VITROMECH" run case.yaml --set output.directory=damaged >>log_damaged 2>&1
expect "damaged result: same results" same_results whole damaged
finish
