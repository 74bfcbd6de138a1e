#include "kmc_private.h"
#include <math.h>

enum { ROOM = VM_BATCH_SCRATCH * VM_BATCH };

PetscErrorCode VmKmcCreate(VmGrid grid, const VmKmcSetup *setup, VmKmc *out)
{
  VmKmc kmc;
  const VmBarrierCommon *common = setup->stz->barrier.common;
  const size_t np = (size_t)grid->np, n0 = (size_t)grid->n[0];

  PetscFunctionBegin;
  PetscCall(PetscNew(&kmc));
  kmc->grid = grid, kmc->stz = *setup->stz, kmc->seed = setup->seed, kmc->temperature = setup->temperature;
  kmc->refresh = setup->refresh, kmc->interacting = setup->interacting, kmc->finder = setup->finder;
  kmc->state.pending = -1;
  kmc->barrier_law = (const VmBarrierOps *)setup->stz->barrier.head;
  kmc->barrier_params = setup->stz->barrier.params;
  kmc->barriers = common->per == VM_PER_MODE ? (int)setup->stz->modes : 1;
  if (kmc->interacting) {
    PetscCall(VmGreenCreate(grid, setup->shear, setup->bulk, &kmc->green));
    PetscCall(VmKernelCreate(kmc->green, &kmc->kernel));
  }
  PetscCall(PetscCalloc1(5 * np * (size_t)kmc->stz.modes, &kmc->catalogue));
  PetscCall(PetscCalloc1(np * (size_t)kmc->barriers, &kmc->barrier));
  PetscCall(PetscMalloc1(np, &kmc->ratio));
  PetscCall(PetscCalloc1(2 * np, &kmc->state.bound));
  kmc->rate = kmc->state.bound, kmc->lowest = kmc->state.bound + np;
  PetscCall(PetscMalloc3((size_t)grid->nx * VM_PLANE_ROW, &kmc->plane_row, n0 * VM_PLANE_ROW, &kmc->planes, ROOM,
                         &kmc->room));
  PetscCall(PetscCalloc4(6 * np, &kmc->state.eigenstrain, 6 * np, &kmc->state.fluctuation, np, &kmc->state.last_event,
                         np, &kmc->state.generation));
  for (size_t i = 0; i < np; ++i) kmc->state.last_event[i] = -1e300, kmc->ratio[i] = setup->barrier_ratio[i];
  kmc->state.mean = (VmMean){.shear = setup->shear, .bulk = setup->bulk};
  const VmRngKey key = {.seed = kmc->seed, .stream = VM_STREAM_EVENT};
  kmc->state.hazard = -log(VmRngUniform(key, 0, 1)); /* draw 1 of cell 0: the sequence itself uses draw 0 */
  if (setup->finder == VM_FINDER_THINNED) PetscCall(VmKmcThinningCreate(kmc, setup->margin));
  if (setup->finder == VM_FINDER_EXTREMAL) PetscCall(VmKmcExtremalCreate(kmc));
  kmc->state.temperature = kmc->start_temperature = setup->temperature;
  PetscCheck(setup->finder == VM_FINDER_FULL ||
                 (!setup->relaxation && !setup->stz->memory.head && setup->expansion == setup->flow_unit_expansion),
             grid->comm, PETSC_ERR_SUP,
             "only the finder `full` knows flow units that relax or expand, and memory laws");
  PetscCall(VmKmcChangingCreate(kmc, setup));
  if (setup->shear_field) PetscCall(VmKmcHeterogeneousCreate(kmc, setup));
  PetscCall(VmKmcRestore(kmc));
  *out = kmc;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcDestroy(VmKmc *kmc)
{
  PetscFunctionBegin;
  if (!*kmc) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmGreenDestroy(&(*kmc)->green));
  PetscCall(VmKernelDestroy(&(*kmc)->kernel));
  PetscCall(PetscFree((*kmc)->catalogue));
  PetscCall(PetscFree((*kmc)->barrier));
  PetscCall(PetscFree((*kmc)->ratio));
  PetscCall(PetscFree((*kmc)->state.bound));
  PetscCall(VmKmcThinningDestroy(*kmc));
  PetscCall(VmKmcExtremalDestroy(*kmc));
  PetscCall(VmKmcChangingDestroy(*kmc));
  PetscCall(VmKmcHeterogeneousDestroy(*kmc));
  PetscCall(PetscFree3((*kmc)->plane_row, (*kmc)->planes, (*kmc)->room));
  PetscCall(PetscFree4((*kmc)->state.eigenstrain, (*kmc)->state.fluctuation, (*kmc)->state.last_event,
                       (*kmc)->state.generation));
  PetscCall(PetscFree(*kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmKmcState *VmKmcGetState(VmKmc kmc) { return &kmc->state; }

PetscErrorCode VmKmcRestore(VmKmc kmc)
{
  PetscFunctionBegin;
  kmc->temperature = kmc->state.temperature;
  for (int64_t i = 0; i < kmc->grid->np; ++i) VmKmcDrawVoxel(kmc, i);
  if (kmc->finder == VM_FINDER_THINNED) VmKmcThinningRestore(kmc);
  if (kmc->finder == VM_FINDER_EXTREMAL) VmKmcExtremalRestore(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmKmcSettle(VmKmc kmc)
{
  if (kmc->finder == VM_FINDER_EXTREMAL && kmc->interacting) VmKmcExtremalSettle(kmc);
}

PetscErrorCode VmKmcStress(VmKmc kmc, double *stress)
{
  const int64_t np = kmc->grid->np;
  PetscFunctionBegin;
  double *total;
  if (kmc->interacting) {
    PetscCall(PetscMalloc1((size_t)(6 * np), &total));
    VmKmcEigenstrain(kmc, total);
    PetscCall(VmKmcFluctuation(kmc, total, stress));
    PetscCall(PetscFree(total));
  } else PetscCall(PetscArrayzero(stress, 6 * np));
  for (int64_t i = 0; i < np; ++i) {
    double load[6];
    VmKmcLoadStress(kmc, i, kmc->state.mean.stress, load);
    for (int c = 0; c < 6; ++c) stress[c * np + i] += load[c];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcNext(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  PetscFunctionBegin;
  if (kmc->finder == VM_FINDER_THINNED) PetscCall(VmKmcNextThinned(kmc, horizon, outcome, event));
  else if (kmc->finder == VM_FINDER_EXTREMAL) PetscCall(VmKmcNextExtremal(kmc, horizon, outcome, event));
  else if (VmKmcChanges(kmc)) PetscCall(VmKmcNextChanging(kmc, horizon, outcome, event));
  else PetscCall(VmKmcNextFull(kmc, horizon, outcome, event));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double VmKmcRate(VmKmc kmc) { return kmc->total[0]; }

void VmKmcBarrierField(VmKmc kmc, double *barrier)
{
  for (int64_t i = 0; i < kmc->grid->np; ++i) {
    double lowest = HUGE_VAL;
    for (int m = 0; m < kmc->barriers; ++m) lowest = fmin(lowest, kmc->barrier[m * kmc->grid->np + i]);
    barrier[i] = lowest * VmKmcMemory(kmc, i, kmc->state.mean.time);
  }
}

PetscErrorCode VmKmcDisplacement(VmKmc kmc, double *displacement)
{
  PetscFunctionBegin;
  double *total, *stress;
  PetscCall(PetscMalloc1((size_t)(6 * kmc->grid->np), &total));
  VmKmcEigenstrain(kmc, total);
  if (kmc->heterogeneous) {
    PetscCall(PetscMalloc1((size_t)(6 * kmc->grid->np), &stress));
    PetscCall(VmKmcStress(kmc, stress));
    VmKmcEquivalentEigenstrain(kmc, stress, total);
    PetscCall(PetscFree(stress));
  }
  PetscCall(VmGreenDisplacement(kmc->green, total, displacement));
  PetscCall(PetscFree(total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmKmcBytes(const VmStz *stz, VmFinder finder, int64_t np, const int64_t n[3])
{
  const VmBarrierCommon *common = stz->barrier.common;
  const int64_t barriers = common->per == VM_PER_MODE ? stz->modes : 1;
  /* catalogue, barriers, state and sums, six transform components, real-space kernel, alias sums */
  return np * (20 * stz->modes + 8 * barriers + 8 * (6 + 6 + 2 + 3) + 8 * 7) + VmKernelBytes(n) +
         VmKernelBytes(n) * 15 / 36 * 4 + (finder != VM_FINDER_FULL ? n[0] * n[1] * n[2] * (int64_t)sizeof(float) : 0);
}
