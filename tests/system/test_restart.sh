#!/usr/bin/env bash
# timeout: 300
# Killed with kill -9 at random times, or stopped by USR2, and run again: the same results as without interruption.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
kills=${VM_TEST_KILLS:-3}

small_case 10 0.055 >case.yaml
seconds() { date +%s.%N; }
start=$(seconds)
expect "uninterrupted run" "$VITROMECH" run case.yaml --set output.directory=whole >log_whole
whole=$(echo "$(seconds) $start" | awk '{print $1 - $2}')
echo "uninterrupted: $whole s"

# A random part, 0.1 to 0.9, of what is a fair time between two kills.
delay() { awk -v whole="$whole" -v r="$RANDOM" -v kills="$kills" 'BEGIN {print whole * (0.1 + 0.8 * r / 32768) * 1.5 / kills}'; }

# Starts a run on N ranks in the background and kills one of its ranks.
kill_run() { # kill_run N
  local pause rank
  pause=$(delay)
  on_ranks "$1" "$VITROMECH" run case.yaml --set output.directory=killed >>log_killed 2>&1 &
  local launcher=$!
  sleep "$pause"
  rank=$(pgrep -P "$(pgrep -P "$launcher" -x mpirun || echo "$launcher")" | head -n 1)
  if [ -n "$rank" ] && kill -9 "$rank" 2>/dev/null; then landed=$((landed + 1)); fi
  wait "$launcher"
  echo "killed after $pause s on $1 ranks: exit $?, $(($(wc -l <killed/history.csv 2>/dev/null || echo 1) - 1)) rows"
}

landed=0
for ((i = 0; i < kills; ++i)); do kill_run $((1 + i % 2)); done
expect "resumed after $landed kills" "$VITROMECH" run case.yaml --set output.directory=killed >>log_killed 2>&1
expect "at least one kill met a running program" test "$landed" -ge 1
expect "killed and resumed: same results" same_results whole killed

# USR2: checkpoint, exit 85, go on.
"$VITROMECH" run case.yaml --set output.directory=stopped >log_stopped 2>&1 &
program=$!
sleep "$(awk -v whole="$whole" 'BEGIN {print 0.4 * whole}')"
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
"$VITROMECH" run case.yaml --set output.directory=damaged --max-walltime "$(awk -v whole="$whole" 'BEGIN {print 0.5 * whole " s"}')" >log_damaged 2>&1
status=$?
expect "stopped by --max-walltime with exit 85, not $status" test "$status" -eq 85
head -c 1000 damaged/result.h5 >damaged/short && mv damaged/short damaged/result.h5
expect "damaged result: goes on" "$VITROMECH" run case.yaml --set output.directory=damaged >>log_damaged 2>&1
expect "damaged result: same results" same_results whole damaged
finish
