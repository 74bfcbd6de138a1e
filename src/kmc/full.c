/* The event finder `full`: after each event the stress and all rates are renewed everywhere. */
#include "exponential.h"
#include "kmc_private.h"
#include <math.h>
#include <string.h>

/* Hazard of a time t from now, and its derivative, from the moments. */
static double Hazard(const double moment[VM_MOMENTS], double t, double *derivative)
{
  double sum = 0.0, slope = 0.0, power = 1.0;
  for (int n = 0; n < VM_MOMENTS; ++n) {
    slope += moment[n] * power;
    power *= t / (n + 1);
    sum += moment[n] * power;
  }
  *derivative = slope;
  return sum;
}

/* Time at which the hazard reaches the target, known to lie in [0, limit]: Newton, kept inside its bracket. */
static double SolveHazard(const double moment[VM_MOMENTS], double target, double limit)
{
  double low = 0.0, high = limit, t = PetscMin(limit, target / moment[0]);
  for (int i = 0; i < 100; ++i) {
    double slope;
    const double miss = Hazard(moment, t, &slope) - target;
    if (miss > 0.0) high = t;
    else low = t;
    double next = t - miss / slope;
    if (fabs(next - t) <= 1e-15 * t) return PetscMin(next, limit);
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (next == t) return t;
    t = next;
  }
  return t;
}

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

/* A mode in proportion to its rate a time dt after the pass: chosen by its rate at the pass, kept with probability
 * exp((b - b_max) dt) and accepted with true rate over bound, which are those of the memory and of the barrier's
 * tangent at the pass: a convex barrier lies above it. */
static PetscErrorCode ChooseByRate(VmKmc kmc, double dt, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  const double kt = VM_BOLTZMANN * kmc->temperature, now = kmc->state.mean.time;
  const int64_t slots = kmc->tiles.per_plane * VM_TILE;

  PetscFunctionBegin;
  for (;;) {
    double target = VmKmcUniform(kmc) * kmc->total[0];
    const double keep = VmKmcUniform(kmc);
    const int64_t plane = VmKmcPick(grid->n[0], VM_PLANE_ROW, kmc->planes, &target);
    if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
      const int64_t first = (plane - grid->x0) * slots, slot = first + VmKmcPick(slots, 1, kmc->rate + first, &target),
                    voxel = VmTilesVoxel(&kmc->tiles, slot) - VmGridGlobal(grid, 0);
      const double bound = VmKmcMemoryBound(kmc, slot, now, kmc->until), memory = VmKmcMemory(kmc, slot, now + dt);
      const VmMean *mean = &kmc->state.mean;
      VmBarrierLeft barrier = {.left = 0.0};
      double stress[6];
      int mode = 0;
      for (int m = 0; m < kmc->stz.modes; ++m) {
        barrier = VmKmcBarrierLeft(kmc, voxel, m, mean->stress, bound);
        mode = m;
        const double rate = kmc->stz.attempt_frequency * VmExp(-barrier.left / kt);
        if (target < rate) break;
        target -= rate;
      }
      const double keep_drift = exp((barrier.drift - kmc->drift) * dt);
      for (int c = 0; c < 6; ++c) stress[c] = mean->stress[c] + mean->stress_rate[c] * dt;
      const double true_left = VmKmcBarrierLeft(kmc, voxel, mode, stress, memory).left,
                   tangent = barrier.left - barrier.drift * dt * kt;
      choice->accepted = keep < keep_drift ? (keep < keep_drift * exp(-(true_left - tangent) / kt) ? 1.0 : 0.0) : -1.0;
      VmKmcDescribe(kmc, voxel, mode, choice);
    }
    PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
    if (choice->accepted >= 0.0) break; /* else the drift refused it: choose again at the same time */
  }
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

/* Moments that the next pass needs: few if the last rate lets expect the event where few suffice. */
static int Moments(VmKmc kmc)
{
  const VmKmcState *state = &kmc->state;
  double speed = 0.0;
  for (int c = 0; c < 6; ++c) speed += fabs(state->mean.stress_rate[c]);
  if (speed == 0.0) return 1;
  /* no mode works more than its strain times all components */
  const double drift = 2.0 * kmc->stz.saddle * kmc->stz.volume * VM_GPA_NM3_IN_EV * kmc->stz.strain * speed /
                       (VM_BOLTZMANN * kmc->temperature);
  return state->hazard * drift < 0.5 * VM_FEW_LIMIT * state->rate ? VM_FEW_MOMENTS : VM_MOMENTS;
}

/* How far the present rates may be carried: to the horizon, to where the drift needs new moments, and not past the time
 * at which the lowest barrier could vanish. */
static double Reach(VmKmc kmc, double horizon)
{
  double reach = horizon - kmc->state.mean.time;
  if (kmc->drift > 0.0) {
    const double vanish = kmc->lowest_barrier / (VM_BOLTZMANN * kmc->temperature * kmc->drift);
    const double limit = kmc->moments == VM_MOMENTS ? VM_DRIFT_LIMIT : VM_FEW_LIMIT;
    reach = PetscMin(reach, PetscMin(limit / kmc->drift, PetscMax(vanish, 1e-12 / kmc->drift)));
  }
  return reach;
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
    PetscCall(VmKmcPass(kmc, until, Moments(kmc)));
    state->rate = kmc->total[0];
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

    double slope;
    const double reach = Reach(kmc, until);
    const double hazard = isfinite(reach) ? Hazard(kmc->total, reach, &slope) : HUGE_VAL;
    if (hazard <= state->hazard) {
      const bool at_horizon = state->mean.time + reach >= horizon;
      state->hazard -= hazard;
      VmMeanUpdate(&state->mean, at_horizon ? horizon : state->mean.time + reach);
      if (!at_horizon) continue;
      *outcome = VM_KMC_HORIZON;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    const double dt = SolveHazard(kmc->total, state->hazard, reach);
    PetscCall(ChooseByRate(kmc, dt, &choice));
    VmMeanUpdate(&state->mean, state->mean.time + dt);
    state->hazard = -log(VmKmcUniform(kmc));
    if (choice.accepted == 1.0) {
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
}
