#include <vitromech/log.h>
#include <vitromech/timer.h>

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* What signal handlers and the clock have to say is of the process, hence global. */
static volatile sig_atomic_t requested;
static volatile sig_atomic_t requested_at; /* in milliseconds */
static double deadline = INFINITY;         /* by VmTime */

/* Launchers and batch systems may both pass on one and the same signal. */
enum { SAME_SIGNAL_MS = 100 };

/* The part of the wall time kept for writing the last checkpoint: 5 %, at most a minute. */
static double Margin(double seconds) { return fmin(60.0, 0.05 * seconds); }

static void OnSignal(int number)
{
  const int now = (int)(int64_t)fmod(1e3 * VmTime(), 0x1p30);
  if (requested && now >= requested_at && now - requested_at < SAME_SIGNAL_MS) return;
  if (requested) {
    signal(number, SIG_DFL);
    raise(number);
  }
  requested_at = now;
  requested = 1;
}

static double SlurmSeconds(void)
{
  const char *text = getenv("SLURM_JOB_END_TIME");
  char *end;
  const double when = text ? strtod(text, &end) : 0.0;
  return text && end != text && *end == '\0' ? when - (double)time(NULL) : INFINITY;
}

PetscErrorCode VmStopInit(double max_walltime)
{
  static const int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
  const struct sigaction action = {.sa_handler = OnSignal, .sa_flags = SA_RESTART | SA_NODEFER};
  const double seconds = max_walltime > 0.0 ? max_walltime : SlurmSeconds();
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; ++i) sigaction(signals[i], &action, NULL);
  deadline = VmTime() + seconds - Margin(seconds);
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmStopRequestedLocal(void) { return requested || VmTime() > deadline; }

PetscErrorCode VmStopRequested(MPI_Comm comm, bool *stop)
{
  int any = VmStopRequestedLocal();
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, comm));
  *stop = any;
  PetscFunctionReturn(PETSC_SUCCESS);
}
