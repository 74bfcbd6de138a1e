/* The event finder `full`: after each event the stress and all rates are renewed everywhere. */
#include "rates.h"
#include <math.h>
#include <string.h>

/* Drift up to which the rates of one pass are used: beyond, too many candidates would be refused. */
#define DRIFT_LIMIT 0.3

/* Lowest barrier of all, ties by global index; the owner's choice is made known to all. */
static PetscErrorCode ChooseLowest(VmKmc kmc, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  int64_t plane = 0;

  PetscFunctionBegin;
  while (kmc->planes[plane * VM_PLANE_ROW + VM_LOWEST] != kmc->lowest_barrier) ++plane;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    int64_t voxel = (plane - grid->x0) * grid->plane, slot;
    int best = 0;
    double left = HUGE_VAL;
    while (kmc->lowest[slot = VmKmcSlot(kmc, voxel)] != kmc->lowest_barrier) ++voxel;
    const double memory = VmKmcMemoryBound(kmc, slot, kmc->state.mean.time, kmc->until);
    for (int m = 0; m < kmc->stz.modes; ++m) {
      const double this_left = VmKmcBarrierLeft(kmc, voxel, m, kmc->state.mean.stress, memory).left;
      if (this_left < left) left = this_left, best = m;
    }
    choice->accepted = 1.0;
    VmKmcDescribe(kmc, voxel, best, choice);
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A voxel by its bound at the pass, accepted with its true rate a time dt after it over the bound, which grows with the
 * drift; a mode of it by the true rates. */
static PetscErrorCode Propose(VmKmc kmc, double dt, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  const VmMean *mean = &kmc->state.mean;
  const int64_t slots = kmc->tiles.per_plane * VM_TILE, modes = kmc->stz.modes;
  double target = VmKmcUniform(kmc) * kmc->total;
  const double accept = VmKmcUniform(kmc), pick = VmKmcUniform(kmc);

  PetscFunctionBegin;
  const int64_t plane = VmKmcPick(grid->n[0], VM_PLANE_ROW, kmc->planes, &target);
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    const int64_t first = (plane - grid->x0) * slots, slot = first + VmKmcPick(slots, 1, kmc->rate + first, &target),
                  voxel = VmTilesVoxel(&kmc->tiles, slot) - VmGridGlobal(grid, 0);
    const double memory = VmKmcMemory(kmc, slot, mean->time + dt), bound = kmc->rate[slot] * exp(kmc->drift * dt);
    double stress[6], sig[6], drive[5], total = 0.0;
    for (int c = 0; c < 6; ++c) stress[c] = mean->stress[c] + mean->stress_rate[c] * dt;
    VmKmcLoadStress(kmc, voxel, stress, sig);
    for (int c = 0; c < 6; ++c) sig[c] += kmc->state.fluctuation[c * grid->np + voxel];
    VmKmcDrives(sig, drive);
    VmKmcModes(kmc, slot, kmc->temperature, memory, 0.0, drive, kmc->mode_rate, kmc->mode_reserve);
    for (int64_t m = 0; m < modes; ++m) total += kmc->mode_rate[m];
    if (total > bound * (1.0 + 1e-9)) choice->accepted = -1.0;
    else if (accept * bound < total) {
      double which = pick * total;
      choice->accepted = 1.0;
      VmKmcDescribe(kmc, voxel, (int)VmKmcPick(modes, 1, kmc->mode_rate, &which), choice);
    } else choice->accepted = 0.0;
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  if (choice->accepted < 0.0)
    VmThrow(grid->comm, VM_ERR_DIVERGED, "a rate exceeded its bound after %lld events; please report this",
            (long long)kmc->state.events);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Transforms a voxel and renews the stress everywhere. */
static PetscErrorCode Fire(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  VmGrid grid = kmc->grid;
  VmKmcState *state = &kmc->state;

  PetscFunctionBegin;
  VmKmcTransform(kmc, choice, event);
  if (!kmc->interacting) PetscFunctionReturn(PETSC_SUCCESS);
  if (state->events % kmc->refresh == 0) PetscCall(VmKmcFluctuation(kmc, state->eigenstrain, state->fluctuation));
  else {
    const int64_t source[3] = {choice->voxel / grid->plane, choice->voxel / grid->n[2] % grid->n[1],
                               choice->voxel % grid->n[2]};
    VmKernelAdd(kmc->kernel, source, event->strain, state->fluctuation);
    if (kmc->heterogeneous) PetscCall(VmKmcAddDifference(kmc, event, state->fluctuation));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How far the present rates may be carried: to the horizon, to where the drift makes bounds too wide, and not past the
 * time at which the lowest barrier could vanish. */
static double Reach(VmKmc kmc, double horizon)
{
  const double reach = horizon - kmc->state.mean.time;
  if (kmc->drift == 0.0) return reach;
  const double vanish = kmc->lowest_barrier / (VM_BOLTZMANN * kmc->temperature * kmc->drift);
  return PetscMin(reach, PetscMin(DRIFT_LIMIT / kmc->drift, PetscMax(vanish, 1e-12 / kmc->drift)));
}

/* Integral of the bound of the total rate over a time from the pass, and the time at which it comes to a value. */
static double Hazard(VmKmc kmc, double time)
{
  return kmc->total * (kmc->drift > 0.0 ? expm1(kmc->drift * time) / kmc->drift : time);
}

static double HazardTime(VmKmc kmc, double hazard)
{
  const double time = hazard / kmc->total;
  return kmc->drift > 0.0 ? log1p(kmc->drift * time) / kmc->drift : time;
}

PetscErrorCode VmKmcNextFull(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  VmKmcState *state = &kmc->state;
  VmChoice choice;

  PetscFunctionBegin;
  memset(&choice, 0, sizeof choice);
  /* Hardening that decays lowers barriers with time. The bound then looks one recovery time ahead at most, and less far
   * if a barrier would vanish on the way; one that vanishes within a millionth of that time counts as vanished. */
  const double recovery = kmc->stz.softening.decaying < 0.0 ? kmc->stz.softening.time : 0.0;
  double ahead = recovery > 0.0 ? recovery : HUGE_VAL;
  for (;;) {
    const double until = PetscMin(horizon, state->mean.time + ahead);
    PetscCall(VmKmcPass(kmc, until));
    state->rate = kmc->total * (kmc->barrier_law->linear ? exp(-VM_RATE_SLACK) : 1.0);
    if (kmc->lowest_barrier <= VM_NO_BARRIER && ahead < HUGE_VAL && ahead > 1e-6 * recovery) {
      ahead *= 0.1;
      continue;
    }
    if (kmc->lowest_barrier <= VM_NO_BARRIER) {
      PetscCall(VmKmcCountCascade(kmc));
      PetscCall(ChooseLowest(kmc, &choice));
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    kmc->cascade = 0;

    const double reach = Reach(kmc, until), hazard = isfinite(reach) ? Hazard(kmc, reach) : HUGE_VAL;
    if (hazard <= state->hazard) {
      const bool at_horizon = state->mean.time + reach >= horizon;
      state->hazard -= hazard;
      VmMeanUpdate(&state->mean, at_horizon ? horizon : state->mean.time + reach);
      if (!at_horizon) continue;
      *outcome = VM_KMC_HORIZON;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    const double dt = PetscMin(HazardTime(kmc, state->hazard), reach);
    PetscCall(Propose(kmc, dt, &choice));
    VmMeanUpdate(&state->mean, state->mean.time + dt);
    state->hazard = -log(VmKmcUniform(kmc));
    if (choice.accepted == 1.0) {
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
}
