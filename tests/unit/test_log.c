/* ranks: 1 2; timeout: 30; links: vm_base */
#include "vm_test.h"
#include <vitromech/log.h>
#include <vitromech/timer.h>
#include <vitromech/tree.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void Pause(double seconds)
{
  const double end = VmTime() + seconds;
  while (VmTime() < end) {
    const struct timespec slice = {0, 5000000};
    nanosleep(&slice, NULL);
  }
}

/* status.json as a tree (JSON is YAML); NULL with a failed check if it is not there or broken. */
static PetscErrorCode ReadStatus(const char *directory, VmNode **root)
{
  char path[4200], *text;
  size_t size;
  VmReport report;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/status.json", directory);
  PetscCall(VmFileBroadcast(PETSC_COMM_WORLD, path, &text, &size));
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, path, &report));
  PetscCall(VmTreeParse(text, size, report, root));
  PetscCall(VmReportFinish(report));
  PetscCall(VmReportDestroy(&report));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectStatus(const char *directory, const char *status, double fraction, const char *message)
{
  VmNode *root;
  PetscFunctionBegin;
  PetscCall(ReadStatus(directory, &root));
  VmExpect(!strcmp(VmTreeGet(root, "status")->text, status), "%s", VmTreeGet(root, "status")->text);
  VmExpect(!strcmp(VmTreeGet(root, "what")->text, "a \"job\""), "%s", VmTreeGet(root, "what")->text);
  VmExpect(!strcmp(VmTreeGet(root, "message")->text, message), "%s", VmTreeGet(root, "message")->text);
  VmExpectNear(atof(VmTreeGet(root, "fraction")->text), fraction, 1e-6);
  PetscCall(VmTreeDestroy(&root));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestProgress(void)
{
  const char *directory = VmTestScratch();
  VmProgress progress;
  PetscFunctionBegin;
  PetscCall(VmProgressCreate(PETSC_COMM_WORLD, "a \"job\"", directory, &progress));
  PetscCall(ExpectStatus(directory, "running", 0, ""));
  PetscCall(VmProgressUpdate(progress, 0.25, "step %d", 1)); /* not due yet */
  PetscCall(ExpectStatus(directory, "running", 0, ""));
  Pause(3.1);
  PetscCall(VmProgressUpdate(progress, 0.5, "step %d of \"x\\y\"", 2));
  PetscCall(ExpectStatus(directory, "running", 0.5, "step 2 of \"x\\y\""));
  PetscCall(VmProgressUpdate(progress, 0.4, "step %d", 3)); /* never back */
  PetscCall(VmProgressDestroy(&progress, "stopped"));
  VmExpect(!progress, "not NULL");
  PetscCall(ExpectStatus(directory, "stopped", 0.5, "step 2 of \"x\\y\""));
  PetscCall(VmProgressCreate(PETSC_COMM_WORLD, "no directory", NULL, &progress));
  PetscCall(VmProgressDestroy(&progress, "complete"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In a child: the same signal at once is taken once, a second one later ends the process. */
static void TestSecondSignal(void)
{
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGUSR2);
    raise(SIGTERM);
    if (!VmStopRequestedLocal()) _exit(3);
    Pause(0.2);
    raise(SIGUSR2);
    _exit(4);
  }
  int status = 0;
  VmExpect(child > 0 && waitpid(child, &status, 0) == child, "no child");
  VmExpect(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "the child ended with status %x", (unsigned)status);
}

static PetscErrorCode ExpectStop(bool wanted)
{
  bool stop;
  PetscFunctionBegin;
  PetscCall(VmStopRequested(PETSC_COMM_WORLD, &stop));
  VmExpectInt(stop, wanted);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestStop(int rank)
{
  char text[32];
  PetscFunctionBegin;
  PetscCall(VmStopInit(0));
  PetscCall(ExpectStop(false));
  TestSecondSignal();
  snprintf(text, sizeof text, "%lld", (long long)time(NULL) + 3600);
  setenv("SLURM_JOB_END_TIME", text, 1);
  PetscCall(VmStopInit(0));
  PetscCall(ExpectStop(false));
  snprintf(text, sizeof text, "%lld", (long long)time(NULL) - 1);
  setenv("SLURM_JOB_END_TIME", text, 1);
  PetscCall(VmStopInit(1000)); /* the option wins */
  PetscCall(ExpectStop(false));
  PetscCall(VmStopInit(0));
  PetscCall(ExpectStop(true));
  setenv("SLURM_JOB_END_TIME", "tomorrow", 1);
  PetscCall(VmStopInit(0));
  PetscCall(ExpectStop(false));
  PetscCall(VmStopInit(0.2));
  PetscCall(ExpectStop(false));
  Pause(0.2);
  PetscCall(ExpectStop(true));
  PetscCall(VmStopInit(0));
  unsetenv("SLURM_JOB_END_TIME");
  PetscCall(ExpectStop(false));
  if (rank == 0) raise(SIGUSR1); /* one rank is enough */
  VmExpectInt(VmStopRequestedLocal(), rank == 0);
  PetscCall(ExpectStop(true));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(TestProgress());
  PetscCall(TestStop(rank));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
