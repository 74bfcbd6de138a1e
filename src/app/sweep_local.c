/* A sweep on this machine: worker processes that take points until none is left. */
#include "launch.h"
#include "sweep.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int count, complete, failed, running;
} Tally;

static PetscErrorCode Count(VmSweep sweep, Tally *tally, bool *wanted)
{
  VmPointOutcome outcome;
  PetscFunctionBegin;
  *tally = (Tally){.count = sweep->count};
  *wanted = false;
  for (int i = 0; i < sweep->count; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    tally->complete += outcome.state == VM_POINT_COMPLETE;
    tally->running += outcome.state == VM_POINT_RUNNING;
    tally->failed += outcome.state == VM_POINT_FAILED && !VmPointWanted(&outcome);
    *wanted = *wanted || VmPointWanted(&outcome);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Attempts of a sweep that was killed do not count. */
static PetscErrorCode ForgiveInterrupted(VmSweep sweep)
{
  VmPointOutcome outcome;
  PetscFunctionBegin;
  for (int i = 0; i < sweep->count; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    if (outcome.state != VM_POINT_INTERRUPTED) continue;
    outcome.attempts = 0;
    PetscCall(VmPointWrite(sweep, i, &outcome));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Starts `mpirun -n RANKS` (for more than one) of this program as a worker; 0 if that fails. */
static pid_t StartWorker(VmSweep sweep, int ranks, char **environment)
{
  char program[PATH_MAX], number[16];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  char *argv[16];
  int argc = 0;
  pid_t pid = 0;
  if (length < 0) return 0;
  program[length] = '\0';
  snprintf(number, sizeof number, "%d", ranks);
  if (ranks > 1) {
    char *const launcher[] = {"mpirun", "--quiet", "--bind-to", "none", "-n", number};
    for (size_t i = 0; i < sizeof launcher / sizeof launcher[0]; ++i) argv[argc++] = launcher[i];
  }
  argv[argc++] = program;
  argv[argc++] = "sweep";
  argv[argc++] = sweep->path;
  argv[argc++] = "--worker";
  argv[argc] = NULL;
  errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environment);
  return errno ? 0 : pid;
}

typedef struct {
  int jobs, alive, started, most;
  pid_t *pids;
  char **environment;
  bool bad; /* a worker could not work at all */
} Workers;

static PetscErrorCode Start(VmSweep sweep, int ranks, Workers *w)
{
  PetscFunctionBegin;
  for (int j = 0; j < w->jobs; ++j) {
    if (w->pids[j]) continue;
    if (w->started++ >= w->most) w->bad = true;
    if (w->bad) PetscFunctionReturn(PETSC_SUCCESS);
    w->pids[j] = StartWorker(sweep, ranks, w->environment);
    if (!w->pids[j])
      VmThrow(sweep->comm, VM_ERR_FILE, "cannot start %s: %s", ranks > 1 ? "mpirun" : "a worker", strerror(errno));
    ++w->alive;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Buries workers that have ended. */
static void Reap(Workers *w)
{
  int status;
  for (int j = 0; j < w->jobs; ++j) {
    if (!w->pids[j] || waitpid(w->pids[j], &status, WNOHANG) != w->pids[j]) continue;
    w->pids[j] = 0;
    --w->alive;
    if (WIFEXITED(status) && (WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 74)) w->bad = true;
  }
}

static void Signal(const Workers *w, int number)
{
  for (int j = 0; j < w->jobs; ++j)
    if (w->pids[j]) kill(w->pids[j], number);
}

static PetscErrorCode Supervise(VmSweep sweep, int ranks, Workers *w, VmProgress progress)
{
  const struct timespec pause = {.tv_nsec = 20000000};
  bool asked = false, wanted;
  Tally tally;
  PetscFunctionBegin;
  PetscCall(Count(sweep, &tally, &wanted));
  if (wanted) PetscCall(Start(sweep, ranks, w));
  for (int look = 1; w->alive > 0; ++look) {
    nanosleep(&pause, NULL);
    const int before = w->alive;
    Reap(w);
    if (VmStopRequestedLocal() && !asked) {
      asked = true;
      Signal(w, SIGUSR2);
    }
    if (look % 25 && w->alive == before) continue;
    PetscCall(Count(sweep, &tally, &wanted));
    if (w->alive < before && wanted && !asked && !w->bad && tally.complete + tally.failed + tally.running < tally.count)
      PetscCall(Start(sweep, ranks, w));
    PetscCall(VmProgressUpdate(progress, (double)(tally.complete + tally.failed) / tally.count,
                               "%d of %d points complete, %d running, %d failed", tally.complete, tally.count,
                               tally.running, tally.failed));
  }
  PetscFunctionReturn(asked ? VM_ERR_STOPPED : PETSC_SUCCESS);
}

static PetscErrorCode CopyEnvironment(char ***copy)
{
  size_t n = 0;
  PetscFunctionBegin;
  while (environ[n]) ++n;
  PetscCall(PetscMalloc1(n + 1, copy));
  memcpy(*copy, environ, (n + 1) * sizeof **copy);
  VmForgetMpi(*copy);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepLocal(VmSweep sweep, int jobs, int ranks)
{
  Workers workers = {.jobs = jobs, .most = jobs + 3 * sweep->count};
  VmProgress progress;
  bool wanted;
  Tally tally;
  PetscFunctionBegin;
  PetscCall(VmSweepManifest(sweep));
  PetscCall(ForgiveInterrupted(sweep));
  PetscCall(PetscCalloc1((size_t)jobs, &workers.pids));
  PetscCall(CopyEnvironment(&workers.environment));
  PetscCall(VmProgressCreate(sweep->comm, "sweep", sweep->params.directory, &progress));
  PetscErrorCode code = Supervise(sweep, ranks, &workers, progress);
  PetscCall(VmProgressDestroy(&progress, code == VM_ERR_STOPPED ? "stopped" : code ? "failed" : "complete"));
  PetscCall(PetscFree(workers.pids));
  PetscCall(PetscFree(workers.environment));
  PetscCall(Count(sweep, &tally, &wanted));
  if (!code && tally.complete < tally.count && tally.failed == 0 && tally.running == 0)
    code = VmRaise(sweep->comm, PETSC_ERR_LIB, "the workers ended before all points were run; see %s/points/*/log.txt",
                   sweep->params.directory);
  PetscFunctionReturn(code);
}
