/* Windows of time of the finder `thinned`. Where barriers fall by themselves, because the hardening that an event has
 * left decays, the bound of a voxel is for what its barriers will be at the end of the window, and renewed then. */
#include "thinning.h"
#include <math.h>

/* Barriers of mean height fall by no more than this in a window [kT]. */
#define WINDOW_FALL 0.5

/* So little left of their hardening counts as none: the bound is then for ever [kT]. */
#define HARDLY_ANY 0.1

/* Part of the recovery time within which a barrier that vanishes has vanished. */
#define AT_ONCE 1e-6

/* What an event raises barriers of mean height by for a time [kT]; 0 or less: nothing. */
static double Hardening(VmKmc kmc)
{
  return -kmc->stz.softening.decaying * VmStzMeanBarrier(&kmc->stz) / (VM_BOLTZMANN * kmc->temperature);
}

/* Time in which barriers fall so little, once the hardening of the youngest voxel has decayed for an age. */
static double FallTime(VmKmc kmc, double age)
{
  const double time = kmc->stz.softening.time;
  return time * fmin(1.0, WINDOW_FALL / Hardening(kmc) * exp(age / time));
}

static void SetYoung(VmKmc kmc)
{
  const double hardening = Hardening(kmc);
  kmc->thinning->young = hardening > HARDLY_ANY ? kmc->stz.softening.time * log(hardening / HARDLY_ANY) : 0.0;
}

PetscErrorCode VmWindowRestore(VmKmc kmc)
{
  double *last = &kmc->thinning->event_time;
  PetscFunctionBegin;
  *last = -HUGE_VAL;
  for (int64_t i = 0; i < kmc->grid->np; ++i) *last = fmax(*last, kmc->state.last_event[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, last, 1, MPI_DOUBLE, MPI_MAX, kmc->grid->comm));
  SetYoung(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
}

double VmWindowOpen(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time, age = now - kmc->thinning->event_time, before = state->bounds_since;

  SetYoung(kmc);
  const double young = kmc->thinning->young;
  state->bounds_since = now, state->bounds_until = age < young ? now + FallTime(kmc, age) : HUGE_VAL;
  return before - young;
}

void VmWindowFeel(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  kmc->thinning->event_time = state->mean.time;
  if (kmc->thinning->young > 0.0)
    state->bounds_until = fmin(state->bounds_until, state->mean.time + FallTime(kmc, 0.0));
}

double VmWindowOf(VmKmc kmc, int64_t slot)
{
  const VmKmcState *state = &kmc->state;
  return state->mean.time - kmc->last_event[slot] < kmc->thinning->young ? state->bounds_until : HUGE_VAL;
}

bool VmWindowSooner(VmKmc kmc, double *until)
{
  const double now = kmc->state.mean.time, time = kmc->stz.softening.time,
               sooner = now + 0.1 * fmin(*until - now, 10.0 * time);
  if (kmc->thinning->young == 0.0 || *until - now < AT_ONCE * time || sooner <= now) return false;
  *until = sooner;
  return true;
}
