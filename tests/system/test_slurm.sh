#!/usr/bin/env bash
# timeout: 900
# Job scripts for Slurm, run by a real Slurm on the loopback of this machine: an MPI run, a run that meets its time limit and
# goes on in the next job, an array that is a sweep, a job that Slurm refuses. Skipped where Slurm is not installed.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

skip() {
  echo "skipped: $1"
  exit 77
}
for program in slurmctld slurmd munged sbatch srun; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || skip "$program is not installed (slurm-wlm, munge)"
done
[ "$(id -u)" -eq 0 ] || skip "starting Slurm's daemons needs root"
id munge >/dev/null 2>&1 || skip "there is no user munge"
for program in slurmctld slurmd munged; do
  pgrep -x "$program" >/dev/null && skip "$program runs on this machine already"
done
PATH=$PATH:/usr/sbin

# Daemons of our own, ended at the end whatever happens, in a directory of our own where the user munge can go.
state=$(mktemp -d /tmp/vitromech-slurm.XXXXXX)
pids=()
stop_daemons() {
  scancel --user=root 2>/dev/null
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null && sleep 0.1; done
    kill -9 "$pid" 2>/dev/null
  done
  rm -rf "$state"
}
trap stop_daemons EXIT
chmod 755 "$state"
mkdir "$state"/{munge,ctld,spool}
dd if=/dev/urandom of="$state/munge/key" bs=1024 count=1 2>/dev/null
chown -R munge "$state/munge" && chmod 711 "$state/munge" && chmod 400 "$state/munge/key"
host=$(hostname -s)
cat >"$state/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$state/munge/socket
CryptoType=crypto/munge
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/spool
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=pmix
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=200000,bf_interval=1
KillWait=5
OverTimeLimit=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=60 State=UP OverSubscribe=NO
CONF
export SLURM_CONF=$state/slurm.conf
munged --foreground --key-file="$state/munge/key" --socket="$state/munge/socket" --pid-file="$state/munge/pid" \
  --log-file="$state/munge/log" --seed-file="$state/munge/seed" --force >"$state/munged.out" 2>&1 &
pids+=($!)
for _ in $(seq 50); do [ -S "$state/munge/socket" ] || sleep 0.1; done
slurmctld -D -c >"$state/slurmctld.out" 2>&1 &
pids+=($!)
slurmd -D -c >"$state/slurmd.out" 2>&1 &
pids+=($!)
for _ in $(seq 100); do sinfo -h -o %T 2>/dev/null | grep -q idle || sleep 0.2; done
if ! sinfo -h -o %T 2>/dev/null | grep -q idle; then
  tail -n 5 "$state"/*.log "$state"/*.out 2>/dev/null
  skip "Slurm's daemons do not come up on this machine"
fi
echo "Slurm $(sbatch --version | cut -d' ' -f2) is up"

wait_for_jobs() { # wait_for_jobs SECONDS
  for _ in $(seq $((2 * $1))); do
    [ -n "$(squeue -h)" ] || return 0
    sleep 0.5
  done
  squeue
  return 1
}

small_case 12 0.05 >case.yaml
expect "an uninterrupted run" "$VITROMECH" run case.yaml --set output.directory=whole --no-report >log_whole

# A job of two ranks.
expect "submits a run" "$VITROMECH" submit case.yaml --ranks 2 --time "10 min" --set output.directory=two >log_submit
expect "the job ends" wait_for_jobs 240
expect "two ranks were granted" grep -q 'ntasks=2' two/job.sh
expect "the same results as without Slurm" same_results whole two

# USR1 before the limit: a checkpoint, and the script submits itself again.
expect "writes a script" "$VITROMECH" submit case.yaml --time "10 min" --set output.directory=short --dry-run >log_dry
expect "a dry run submits nothing" test -z "$(squeue -h)"
expect "the script is good shell" bash -n short/job.sh
job=$(sbatch --parsable short/job.sh)
for _ in $(seq 200); do [ "$(wc -l 2>/dev/null <short/history.csv || echo 0)" -ge 8 ] || sleep 0.05; done
scancel --signal=USR1 "$job"
expect "the jobs end" wait_for_jobs 240
expect "it stopped with a checkpoint" grep -q "goes on from here" short/slurm-"$job".txt
expect "a second job ended it" test "$(ls short/slurm-*.txt | wc -l)" -ge 2
expect "resumed by resubmission: the same results" same_results whole short

# A sweep as an array, two points at a time, and a job that collects the table.
small_case 8 0.02 >small.yaml
cat >plan.yaml <<YAML
schema: 1
case: small.yaml
directory: array
parameters:
  - {path: flow_units.fraction, values: [0.1, 0.2, 0.3]}
seeds: {first: 1, count: 2}
collect: [{name: yield_stress, dataset: history/stress, component: 5, reduce: maximum}]
YAML
sed 's/directory: array/directory: local/' plan.yaml >local.yaml
expect "the sweep without Slurm" "$VITROMECH" sweep local.yaml >log_local
expect "submits an array" "$VITROMECH" submit plan.yaml --at-once 2 --time "10 min" >log_array
most=0
while [ -n "$(squeue -h)" ]; do
  now=$(squeue -h -t running -n vitromech,unnamed | wc -l)
  [ "$now" -le "$most" ] || most=$now
  sleep 0.2
done
expect "two at a time at most, $most seen" test "$most" -ge 1 -a "$most" -le 2
expect "the same table" cmp local/table.csv array/table.csv

# A job that no partition can take.
"$VITROMECH" submit case.yaml --ranks 4000 --set output.directory=large >log_large 2>&1
status=$?
expect "refused with exit 2, not $status" test "$status" -eq 2
expect "with Slurm's reason" grep -qi "slurm would not take the job" log_large
finish
