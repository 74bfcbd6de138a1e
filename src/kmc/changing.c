/* The event finder `full` where rates change in time otherwise than by load and memory alone: by temperature, by flow
 * units that relax, by thermal expansion that differs from voxel to voxel, by the state of a memory law; or where they
 * depend on the pressure. In short
 * windows every rate has a bound; a candidate drawn from the bounds is accepted with the true rate of its time over the
 * bound. */
#include "changing.h"
#include "thinning.h"
#include <math.h>
#include <string.h>

/* The lowest mode of all, ties by global index. */
static PetscErrorCode ChooseLowest(VmKmc kmc, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  int64_t plane = 0;
  PetscFunctionBegin;
  while (kmc->planes[plane * VM_WINDOW_ROW + VM_WINDOW_LOWEST] != kmc->lowest_barrier) ++plane;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    int64_t voxel = (plane - grid->x0) * grid->plane;
    while (kmc->changing->lowest[voxel] != kmc->lowest_barrier) ++voxel;
    choice->accepted = 1.0;
    VmKmcDescribe(kmc, voxel, kmc->changing->lowest_mode[voxel], choice);
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A candidate at a time of the window: a voxel by its bound, accepted with its true rate over the bound. */
static PetscErrorCode Propose(VmKmc kmc, double time, VmChoice *choice)
{
  VmChanging ch = kmc->changing;
  VmGrid grid = kmc->grid;
  double target = VmKmcUniform(kmc) * kmc->total;
  const double accept = VmKmcUniform(kmc), pick = VmKmcUniform(kmc), none[6] = {0.0};
  const int64_t plane = VmKmcPick(grid->n[0], VM_WINDOW_ROW, kmc->planes, &target);

  PetscFunctionBegin;
  choice->accepted = 0.0;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    const VmMean start = VmChangingMean(kmc, ch->start, none),
                 end = VmChangingMean(kmc, ch->start + ch->length, ch->mean_flow);
    const int64_t first = (plane - grid->x0) * grid->plane,
                  voxel = first + VmKmcPick(grid->plane, 1, ch->bound + first, &target);
    const double kt = VM_BOLTZMANN * VmKmcTemperature(kmc, time);
    double sig[6], change[6], memory, weight, total = 0.0;
    VmChangingEffect(kmc, voxel, time, &memory, &weight);
    VmChangingStressChange(kmc, &start, &end, voxel, change);
    for (int c = 0; c < 6; ++c) sig[c] = start.stress[c] + change[c] * ((time - ch->start) / ch->length);
    for (int m = 0; m < kmc->stz.modes; ++m) {
      const double left = VmKmcBarrierLeft(kmc, voxel, m, sig, memory).left;
      kmc->room[m] = weight * kmc->stz.attempt_frequency * exp(-fmax(left, 0.0) / kt);
      total += kmc->room[m];
    }
    if (total > ch->bound[voxel] * (1.0 + 1e-9)) choice->accepted = -1.0;
    else if (accept * ch->bound[voxel] < total) {
      double which = pick * total;
      choice->accepted = 1.0;
      VmKmcDescribe(kmc, voxel, (int)VmKmcPick(kmc->stz.modes, 1, kmc->room, &which), choice);
    }
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  if (choice->accepted < 0.0)
    VmThrow(grid->comm, VM_ERR_DIVERGED, "a rate exceeded its bound after %lld events; please report this",
            (long long)kmc->state.events);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fire(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  PetscFunctionBegin;
  VmKmcTransform(kmc, choice, event);
  PetscCall(VmChangingStress(kmc, VmChangingFlows(kmc) ? kmc->state.viscous : NULL, kmc->temperature,
                             kmc->state.fluctuation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Prepare(VmKmc kmc)
{
  const size_t np = (size_t)kmc->grid->np;
  VmChanging ch = kmc->changing;
  PetscFunctionBegin;
  if (ch->ready) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc3(6 * np, &ch->viscous_end, 6 * np, &ch->end, 6 * np, &ch->total));
  PetscCall(PetscCalloc3(np, &ch->bound, np, &ch->lowest, np, &ch->lowest_mode));
  ch->ready = true;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcNextChanging(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  VmChanging ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  VmChoice choice;

  PetscFunctionBegin;
  PetscCall(Prepare(kmc));
  memset(&choice, 0, sizeof choice);
  for (;;) {
    PetscCall(VmChangingOpen(kmc, horizon));
    if (kmc->lowest_barrier <= VM_NO_BARRIER) {
      PetscCall(VmKmcCountCascade(kmc));
      PetscCall(ChooseLowest(kmc, &choice));
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    kmc->cascade = 0;
    double time = ch->start;
    for (;;) {
      const double end = ch->last ? horizon : ch->start + ch->length, hazard = kmc->total * (end - time);
      if (!(hazard > state->hazard)) {
        state->hazard -= hazard;
        VmChangingMoveTo(kmc, end);
        if (!ch->last) break;
        *outcome = VM_KMC_HORIZON;
        PetscFunctionReturn(PETSC_SUCCESS);
      }
      time += state->hazard / kmc->total;
      state->hazard = -log(VmKmcUniform(kmc));
      PetscCall(Propose(kmc, time, &choice));
      if (choice.accepted != 1.0) continue;
      VmChangingMoveTo(kmc, time);
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
}

PetscErrorCode VmKmcChangingCreate(VmKmc kmc, const VmKmcSetup *setup)
{
  const size_t np = (size_t)kmc->grid->np;
  VmChanging ch;
  double units;
  PetscFunctionBegin;
  PetscCall(PetscNew(&ch));
  kmc->changing = ch;
  if (setup->relaxation) ch->relaxation = *setup->relaxation;
  PetscCall(PetscCalloc1(np, &ch->flow_unit));
  for (size_t i = 0; setup->flow_unit && i < np; ++i) ch->flow_unit[i] = setup->flow_unit[i];
  if (VmChangingFlows(kmc)) PetscCall(PetscCalloc1(6 * np, &kmc->state.viscous));
  if (VmChangingMemory(kmc)) {
    PetscCall(PetscMalloc1(np, &kmc->state.memory));
    if (kmc->finder != VM_FINDER_FULL) PetscCall(PetscCalloc1((size_t)kmc->tiles.count * VM_TILE, &kmc->memory));
    for (size_t i = 0; i < np; ++i)
      kmc->state.memory[i] = VmChangingMemory(kmc)->start(kmc->stz.memory.params, ch->flow_unit[i] > 0.0);
  }
  PetscCall(VmSumField(kmc->grid, ch->flow_unit, &units));
  const double share = units / (double)kmc->grid->total;
  ch->expansion[0] = setup->expansion, ch->expansion[1] = setup->flow_unit_expansion;
  ch->mean_expansion = share * setup->flow_unit_expansion + (1.0 - share) * setup->expansion;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcChangingDestroy(VmKmc kmc)
{
  VmChanging ch = kmc->changing;
  PetscFunctionBegin;
  if (!ch) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(ch->flow_unit));
  if (ch->ready) {
    PetscCall(PetscFree3(ch->viscous_end, ch->end, ch->total));
    PetscCall(PetscFree3(ch->bound, ch->lowest, ch->lowest_mode));
  }
  PetscCall(PetscFree(kmc->state.viscous));
  PetscCall(PetscFree(kmc->state.memory));
  PetscCall(PetscFree(kmc->memory));
  PetscCall(PetscFree(kmc->changing));
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmKmcChanges(VmKmc kmc)
{
  const VmBarrierCommon *common = kmc->stz.barrier.common;
  const VmChanging ch = kmc->changing;
  return kmc->finder == VM_FINDER_FULL && (VmChangingFlows(kmc) || VmChangingMemory(kmc) || common->friction != 0.0 ||
                                           ch->expansion[0] != ch->expansion[1] || kmc->state.temperature_rate != 0.0);
}

PetscErrorCode VmKmcHeat(VmKmc kmc, double temperature, double rate)
{
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time;
  const bool jump = temperature != VmKmcTemperature(kmc, now),
             changes = jump || rate != 0.0 || state->temperature_rate != 0.0;
  PetscFunctionBegin;
  PetscCheck(rate == 0.0 || kmc->finder != VM_FINDER_EXTREMAL, kmc->grid->comm, PETSC_ERR_SUP,
             "the finder `extremal` does not know temperatures that change");
  VmKmcAge(kmc);
  if (kmc->finder == VM_FINDER_THINNED && changes) VmWindowClose(kmc, temperature);
  state->temperature = kmc->temperature = temperature;
  state->temperature_time = now, state->temperature_rate = rate;
  state->window_rate = 0.0;
  VmMeanHeat(&state->mean, kmc->changing->mean_expansion * (temperature - kmc->start_temperature),
             kmc->changing->mean_expansion * rate);
  if (!jump) PetscFunctionReturn(PETSC_SUCCESS);
  if (kmc->finder == VM_FINDER_THINNED) VmThinningBegin(kmc); /* everything is found anew */
  if (VmKmcChanges(kmc)) {
    PetscCall(Prepare(kmc));
    PetscCall(VmChangingStress(kmc, state->viscous, temperature, state->fluctuation));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
