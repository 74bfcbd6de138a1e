/* What the event finders share: the random sequence, choosing by weight, and what an event changes at its voxel and in
 * the mean. */
#include "kmc_private.h"

double VmKmcUniformAhead(VmKmc kmc, int64_t ahead)
{
  const VmRngKey key = {.seed = kmc->seed, .stream = VM_STREAM_EVENT};
  return VmRngUniform(key, (uint64_t)(kmc->state.draws + ahead), 0);
}

double VmKmcUniform(VmKmc kmc)
{
  const double u = VmKmcUniformAhead(kmc, 0);
  ++kmc->state.draws;
  return u;
}

int64_t VmKmcPick(int64_t n, int64_t stride, const double *values, double *target)
{
  int64_t last = 0;
  double left = *target;
  for (int64_t i = 0; i < n; ++i) {
    const double value = values[i * stride];
    if (value <= 0.0) continue;
    last = i;
    if (left < value) {
      *target = left;
      return i;
    }
    left -= value;
  }
  *target = 0.5 * values[last * stride];
  return last;
}

void VmKmcDescribe(VmKmc kmc, int64_t voxel, int mode, VmChoice *choice)
{
  choice->voxel = VmGridGlobal(kmc->grid, voxel), choice->mode = mode;
  VmKmcModeStrain(kmc, VmKmcSlot(kmc, voxel), mode, choice->eps);
  if (kmc->heterogeneous) VmKmcMacroscopicStrain(kmc, voxel, choice->eps, choice->macroscopic);
}

void VmKmcTransform(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  VmGrid grid = kmc->grid;
  VmKmcState *state = &kmc->state;
  const double share = kmc->stz.volume / (grid->spacing * grid->spacing * grid->spacing);
  const int64_t local = choice->voxel - VmGridGlobal(grid, 0), slot = VmTilesSlot(&kmc->tiles, choice->voxel);

  event->time = state->mean.time, event->voxel = choice->voxel, event->mode = (int32_t)choice->mode;
  event->generation = (int32_t)choice->generation, event->stress_drop = 0.0;
  for (int c = 0; c < 6; ++c) event->strain[c] = share * choice->eps[c];
  ++state->events;
  VmKmcTransformMemory(kmc, local, slot);
  if (local >= 0 && local < grid->np) {
    for (int c = 0; c < 6; ++c) state->eigenstrain[c * grid->np + local] += event->strain[c];
    state->last_event[local] = state->mean.time;
    ++state->generation[local];
  }
  if (slot >= 0) {
    kmc->last_event[slot] = state->mean.time;
    ++kmc->generation[slot];
    VmKmcDrawVoxel(kmc, slot);
  }
  if (!kmc->interacting) return;
  event->stress_drop = VmEquivalentStress(state->mean.stress);
  const double *felt = kmc->heterogeneous ? choice->macroscopic : choice->eps;
  for (int c = 0; c < 6; ++c) state->mean.eigenstrain[c] += share * felt[c] / (double)grid->total;
  VmMeanUpdate(&state->mean, state->mean.time);
  event->stress_drop -= VmEquivalentStress(state->mean.stress);
}

PetscErrorCode VmKmcCountCascade(VmKmc kmc)
{
  PetscFunctionBegin;
  if (++kmc->cascade > VM_CASCADE_PER_VOXEL * kmc->grid->total)
    VmThrow(kmc->grid->comm, VM_ERR_DIVERGED,
            "%lld events without barrier at time %g s: the glass flows without limit; soften less or load less",
            (long long)kmc->cascade, kmc->state.mean.time);
  PetscFunctionReturn(PETSC_SUCCESS);
}
