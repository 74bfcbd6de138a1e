/* The points of a sweep: their state on disk, and how one is run. */
#include "stages.h"
#include "sweep.h"

#include <vitromech/timer.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define OUTCOME_FILE "outcome.json"
#define LOCK_FILE "lock"
#define LOG_FILE "log.txt"

/* A point whose process crashes is tried again, but not for ever. */
enum { MOST_ATTEMPTS = 3 };

const char *const vm_point_states[VM_POINT_STATES] = {"missing", "running", "interrupted",
                                                      "stopped", "failed",  "complete"};

/* True if a live process holds the lock of the point. */
static bool IsHeld(VmSweep sweep, int point)
{
  char path[PETSC_MAX_PATH_LEN];
  VmSweepPath(sweep, point, LOCK_FILE, sizeof path, path);
  const int lock = open(path, O_RDWR | O_CLOEXEC);
  if (lock < 0) return false;
  const bool held = flock(lock, LOCK_EX | LOCK_NB) != 0;
  close(lock);
  return held;
}

PetscErrorCode VmPointRead(VmSweep sweep, int point, VmPointOutcome *outcome)
{
  char path[PETSC_MAX_PATH_LEN], state[32];
  PetscFunctionBegin;
  *outcome = (VmPointOutcome){.state = VM_POINT_MISSING};
  VmSweepPath(sweep, point, OUTCOME_FILE, sizeof path, path);
  FILE *in = fopen(path, "r");
  if (!in) PetscFunctionReturn(PETSC_SUCCESS);
  const int read = fscanf(in, "{\"state\": \"%31[a-z]\", \"exit\": %d, \"attempts\": %d, \"seconds\": %lf", state,
                          &outcome->status, &outcome->attempts, &outcome->seconds);
  fclose(in);
  for (int s = 0; read == 4 && s < VM_POINT_STATES; ++s)
    if (strcmp(state, vm_point_states[s]) == 0) outcome->state = (VmPointState)s;
  if (outcome->state == VM_POINT_RUNNING && !IsHeld(sweep, point)) outcome->state = VM_POINT_INTERRUPTED;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An outcome lost in a crash of the machine reads as missing: the point is then looked at again, and found complete. */
PetscErrorCode VmPointWrite(VmSweep sweep, int point, const VmPointOutcome *outcome)
{
  char path[PETSC_MAX_PATH_LEN], text[160];
  PetscFunctionBegin;
  snprintf(text, sizeof text, "{\"state\": \"%s\", \"exit\": %d, \"attempts\": %d, \"seconds\": %.3f}\n",
           vm_point_states[outcome->state], outcome->status, outcome->attempts, outcome->seconds);
  VmSweepPath(sweep, point, OUTCOME_FILE, sizeof path, path);
  PetscCall(VmFileRenew(PETSC_COMM_SELF, path, text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPointClaim(VmSweep sweep, int point, int *lock)
{
  char path[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  VmSweepPath(sweep, point, "", sizeof path, path);
  PetscCall(VmDirectoryCreate(PETSC_COMM_SELF, path));
  VmSweepPath(sweep, point, LOCK_FILE, sizeof path, path);
  *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (*lock < 0) PetscCall(VmRaiseLocal(VM_ERR_FILE, "cannot write %s: %s", path, strerror(errno)));
  if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
    close(*lock);
    *lock = -1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmPointRelease(int lock) { close(lock); }

bool VmPointWanted(const VmPointOutcome *outcome)
{
  if (outcome->state == VM_POINT_COMPLETE || outcome->state == VM_POINT_RUNNING) return false;
  if (outcome->state == VM_POINT_FAILED && (outcome->status == 2 || outcome->status == 70)) return false;
  return outcome->state == VM_POINT_STOPPED || outcome->attempts < MOST_ATTEMPTS;
}

/* Sends stdout and stderr of this process to a file and back. */
typedef struct {
  int out, error;
} Redirection;

static void Redirect(VmSweep sweep, int point, Redirection *saved)
{
  char path[PETSC_MAX_PATH_LEN];
  VmSweepPath(sweep, point, LOG_FILE, sizeof path, path);
  const int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  fflush(stdout);
  saved->out = dup(STDOUT_FILENO);
  saved->error = dup(STDERR_FILENO);
  if (log < 0) return;
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  close(log);
}

static void Restore(const Redirection *saved)
{
  fflush(stdout);
  dup2(saved->out, STDOUT_FILENO);
  dup2(saved->error, STDERR_FILENO);
  close(saved->out);
  close(saved->error);
}

static PetscErrorCode RunCase(VmSweep sweep, int point, int argc, char **argv)
{
  VmCaseFile file;
  bool ran;
  PetscFunctionBegin;
  PetscCall(VmSweepCase(sweep, point, &file));
  const PetscErrorCode code = VmRunCase(file, argc, argv, &ran);
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(code);
}

/* Runs a claimed point (its output goes to log.txt of its directory) and records the outcome. */
static PetscErrorCode RunPoint(VmSweep sweep, int point, int argc, char **argv)
{
  int rank;
  VmPointOutcome outcome;
  Redirection saved;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(sweep->comm, &rank));
  if (rank == 0) {
    PetscCall(VmPointRead(sweep, point, &outcome));
    outcome.state = VM_POINT_RUNNING;
    ++outcome.attempts;
    PetscCall(VmPointWrite(sweep, point, &outcome));
  }
  PetscCallMPI(MPI_Barrier(sweep->comm));
  Redirect(sweep, point, &saved);
  const double start = VmTime();
  const PetscErrorCode code = RunCase(sweep, point, argc, argv);
  Restore(&saved);
  if (rank == 0) {
    outcome.seconds += VmTime() - start;
    outcome.status = VmExitCode(code);
    outcome.state = !code ? VM_POINT_COMPLETE : code == VM_ERR_STOPPED ? VM_POINT_STOPPED : VM_POINT_FAILED;
    PetscCall(VmPointWrite(sweep, point, &outcome));
  }
  PetscFunctionReturn(code);
}

/* The next point from `first` on that is wanted and free, claimed on rank 0; -1: none. */
static PetscErrorCode Take(VmSweep sweep, int first, int *point, int *lock)
{
  int rank;
  VmPointOutcome outcome;
  PetscFunctionBegin;
  *point = -1, *lock = -1;
  PetscCallMPI(MPI_Comm_rank(sweep->comm, &rank));
  for (int i = first; rank == 0 && i < sweep->count && *lock < 0; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    if (!VmPointWanted(&outcome)) continue;
    PetscCall(VmPointClaim(sweep, i, lock));
    if (*lock < 0) continue;
    /* another process may have finished it since */
    PetscCall(VmPointRead(sweep, i, &outcome));
    if (outcome.state == VM_POINT_RUNNING) outcome.state = VM_POINT_INTERRUPTED;
    if (VmPointWanted(&outcome)) *point = i;
    else VmPointRelease(*lock), *lock = -1;
  }
  PetscCallMPI(MPI_Bcast(point, 1, MPI_INT, 0, sweep->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepOne(VmSweep sweep, int point, int argc, char **argv)
{
  int rank, lock = -1, mine = 1;
  VmPointOutcome outcome;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(sweep->comm, &rank));
  if (point >= sweep->count)
    VmThrow(sweep->comm, VM_ERR_INPUT, "point %d: the plan has points 0 to %d", point, sweep->count - 1);
  if (rank == 0) {
    PetscCall(VmPointRead(sweep, point, &outcome));
    if (outcome.state != VM_POINT_COMPLETE) PetscCall(VmPointClaim(sweep, point, &lock));
    mine = lock >= 0;
  }
  PetscCallMPI(MPI_Bcast(&mine, 1, MPI_INT, 0, sweep->comm));
  if (!mine) {
    PetscCall(VmLog(sweep->comm, "point %d is complete or running elsewhere", point));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const PetscErrorCode code = RunPoint(sweep, point, argc, argv);
  if (lock >= 0) VmPointRelease(lock);
  PetscFunctionReturn(code);
}

PetscErrorCode VmSweepWork(VmSweep sweep, int argc, char **argv)
{
  int point = -1, lock;
  bool stop;
  PetscFunctionBegin;
  for (;;) {
    PetscCall(VmStopRequested(sweep->comm, &stop));
    if (stop) PetscFunctionReturn(VM_ERR_STOPPED);
    PetscCall(Take(sweep, point + 1, &point, &lock));
    if (point < 0) PetscFunctionReturn(PETSC_SUCCESS);
    const PetscErrorCode code = RunPoint(sweep, point, argc, argv);
    if (lock >= 0) VmPointRelease(lock);
    /* after an error of the program itself nothing it holds can be trusted */
    if (VmExitCode(code) == 1 || code == VM_ERR_STOPPED) PetscFunctionReturn(code);
  }
}
