#include "sweep.h"

#include <vitromech/schema.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static PetscErrorCode ParseNumber(MPI_Comm comm, const char *option, const char *text, int most, int *number)
{
  char *end;
  PetscFunctionBegin;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  const long value = strtol(text, &end, 10);
  if (*end || end == text || value < 0 || value > most)
    VmThrow(comm, VM_ERR_INPUT, "%s \"%s\": a whole number from 0 to %d is needed", option, text, most);
  *number = (int)value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepStatus(VmSweep sweep)
{
  int tally[VM_POINT_STATES] = {0}, rank;
  char path[PETSC_MAX_PATH_LEN];
  VmPointOutcome outcome;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(sweep->comm, &rank));
  for (int i = 0; rank == 0 && i < sweep->count; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    ++tally[outcome.state];
    if (outcome.state != VM_POINT_FAILED) continue;
    VmSweepPath(sweep, i, "log.txt", sizeof path, path);
    PetscCall(
        VmLog(sweep->comm, "point %d failed (exit %d, %d attempts): %s", i, outcome.status, outcome.attempts, path));
  }
  for (int s = 0; s < VM_POINT_STATES; ++s)
    if (tally[s] > 0) PetscCall(VmLog(sweep->comm, "%-12s %d of %d", vm_point_states[s], tally[s], sweep->count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is known of failed points is forgotten, so that they are run again. */
static PetscErrorCode Retry(VmSweep sweep)
{
  VmPointOutcome outcome;
  PetscFunctionBegin;
  for (int i = 0; i < sweep->count; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    if (outcome.state != VM_POINT_FAILED) continue;
    outcome.state = VM_POINT_INTERRUPTED, outcome.attempts = 0, outcome.status = 0;
    PetscCall(VmPointWrite(sweep, i, &outcome));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunHere(VmSweep sweep, int jobs, int ranks, bool retry)
{
  PetscFunctionBegin;
  int size, failed = 0;
  VmPointOutcome outcome;
  PetscCallMPI(MPI_Comm_size(sweep->comm, &size));
  if (size > 1)
    VmThrow(sweep->comm, VM_ERR_INPUT,
            "a sweep starts its own jobs: run it without mpirun and give the ranks of each point with --ranks");
  if (retry) PetscCall(Retry(sweep));
  if (jobs == 0) jobs = (int)sysconf(_SC_NPROCESSORS_ONLN) / ranks;
  if (jobs < 1) jobs = 1;
  if (jobs > sweep->count) jobs = sweep->count;
  PetscCall(VmLog(sweep->comm, "%s: %d points, %d at a time on %d rank%s each; results in %s", sweep->params.title,
                  sweep->count, jobs, ranks, ranks == 1 ? "" : "s", sweep->params.directory));
  const PetscErrorCode code = VmSweepLocal(sweep, jobs, ranks);
  PetscCall(VmSweepStatus(sweep));
  if (code == VM_ERR_STOPPED) PetscCall(VmLog(sweep->comm, "stopped; the same command goes on from here"));
  PetscCall(code);
  PetscCall(VmSweepCollect(sweep));
  for (int i = 0; i < sweep->count; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    failed += outcome.state == VM_POINT_FAILED;
  }
  if (failed > 0)
    VmThrow(sweep->comm, PETSC_ERR_LIB, "%d of %d points failed; run again with --retry once the cause is gone", failed,
            sweep->count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode List(VmSweep sweep)
{
  PetscFunctionBegin;
  for (int i = 0; i < sweep->count; ++i) {
    char line[1024];
    size_t used = 0;
    for (int c = 0; c < sweep->columns && used < sizeof line; ++c)
      used += (size_t)snprintf(line + used, sizeof line - used, "  %s=%s", sweep->names[c],
                               sweep->texts[i * sweep->columns + c]);
    PetscCall(VmLog(sweep->comm, "%4d %s%s", i, sweep->id[i], line));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  bool list, worker, retry;
  int jobs, ranks, point;
  const char *action;
} Request;

static PetscErrorCode Execute(VmSweep sweep, const Request *r, int argc, char **argv)
{
  PetscFunctionBegin;
  if (r->list) PetscCall(List(sweep));
  else if (r->action && strcmp(r->action, "status") == 0) PetscCall(VmSweepStatus(sweep));
  else if (r->action) PetscCall(VmSweepCollect(sweep));
  else if (r->worker) PetscCall(VmSweepWork(sweep, argc, argv));
  else if (r->point >= 0) PetscCall(VmSweepOne(sweep, r->point, argc, argv));
  else PetscCall(RunHere(sweep, r->jobs, r->ranks, r->retry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0};
  const char *jobs = NULL, *ranks = NULL, *point = NULL, *walltime = NULL;
  double seconds;
  Request request = {.ranks = 1, .point = -1};
  VmSweep sweep;
  const VmOption options[] = {{.name = "--jobs", .value = &jobs},
                              {.name = "-j", .value = &jobs},
                              {.name = "--ranks", .value = &ranks},
                              {.name = "--point", .value = &point},
                              {.name = "--max-walltime", .value = &walltime},
                              {.name = "--retry", .flag = &request.retry},
                              {.name = "--list", .flag = &request.list},
                              {.name = "--worker", .flag = &request.worker},
                              {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_sweep, argc, argv, options, 1, 2, &words));
  if (words.count == 2) {
    request.action = words.words[0];
    if (strcmp(request.action, "status") != 0 && strcmp(request.action, "collect") != 0)
      VmThrow(comm, VM_ERR_INPUT, "\"%s\" is neither status nor collect\n  usage: vitromech %s", request.action,
              vm_command_sweep.usage);
  }
  PetscCall(ParseNumber(comm, "--jobs", jobs, 100000, &request.jobs));
  PetscCall(ParseNumber(comm, "--ranks", ranks, 100000, &request.ranks));
  PetscCall(ParseNumber(comm, "--point", point, 1000000, &request.point));
  if (request.ranks < 1) request.ranks = 1;
  PetscCall(VmWalltime(comm, walltime, &seconds));
  PetscCall(VmStopInit(seconds));
  PetscCall(VmSweepRead(comm, words.words[words.count - 1], &sweep));
  const PetscErrorCode code = Execute(sweep, &request, argc, argv);
  PetscCall(VmSweepDestroy(&sweep));
  PetscFunctionReturn(code);
}

const VmCommand vm_command_sweep = {
    .name = "sweep",
    .usage = "sweep [status|collect] PLAN [-j N] [--ranks N] [--retry] [--list] [--point I] [--max-walltime TIME]",
    .summary = "runs a case for many values of its parameters, and gathers one table",
    .help =
        "Expands a plan (a case, and the values its parameters take) into points and runs those that are not done "
        "yet,\n"
        "several at a time. Each point has a directory of its own, named by the hash of its effective input: killed "
        "at any\n"
        "moment and run again, a sweep does only what is missing and ends with the same table.\n\n"
        "  sweep status PLAN    how many points are complete, running, failed\n"
        "  sweep collect PLAN   writes table.h5 and table.csv of what is complete (done at the end of a run, too)\n"
        "  -j N, --jobs N       points at a time; default: processors / ranks\n"
        "  --ranks N            ranks of each point\n"
        "  --retry              runs failed points again\n"
        "  --list               shows the points and runs nothing\n"
        "  --point I            runs point I in this process, e.g. as a task of a job array\n\n"
        "example:\n  vitromech sweep inputs/sweeps/flow_unit_fraction.yaml -j 2",
    .run = Run,
};
