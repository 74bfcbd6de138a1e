#include "exponential.h"
#include "kmc_private.h"
#include <math.h>

static int64_t Padded(int64_t modes) { return (modes + VM_LANES - 1) / VM_LANES * VM_LANES; }

/* What the finders need of each slot, and of each plane. */
static PetscErrorCode Allocate(VmKmc kmc)
{
  const size_t np = (size_t)kmc->grid->np, tiles = (size_t)kmc->tiles.count, slots = tiles * VM_TILE,
               padded = (size_t)kmc->padded;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(slots * padded * 5, &kmc->catalogue));
  PetscCall(PetscMalloc1(slots * (size_t)kmc->in_barriers, &kmc->barrier));
  for (size_t i = 0; i < slots * (size_t)kmc->in_barriers; ++i) kmc->barrier[i] = VM_NEVER;
  PetscCall(PetscCalloc1(padded, &kmc->padding));
  for (size_t m = (size_t)kmc->stz.modes; m < padded; ++m) kmc->padding[m] = (float)VM_NEVER;
  PetscCall(PetscCalloc3(slots, &kmc->slot_ratio, slots, &kmc->last_event, slots, &kmc->generation));
  PetscCall(PetscCalloc2(slots, &kmc->rate, slots, &kmc->lowest));
  PetscCall(PetscCalloc3((size_t)kmc->tiles.planes * VM_PLANE_ROW, &kmc->plane_row,
                         (size_t)kmc->grid->n[0] * VM_PLANE_ROW, &kmc->planes, 5 * padded, &kmc->room));
  PetscCall(PetscCalloc4((size_t)(kmc->in_barriers * VM_TILE), &kmc->level, padded * VM_GROUP, &kmc->excess, padded,
                         &kmc->mode_rate, padded, &kmc->mode_reserve));
  PetscCall(PetscMalloc1(np, &kmc->ratio));
  PetscCall(PetscCalloc4(6 * np, &kmc->state.eigenstrain, 6 * np, &kmc->state.fluctuation, np, &kmc->state.last_event,
                         np, &kmc->state.generation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcCreate(VmGrid grid, const VmKmcSetup *setup, VmKmc *out)
{
  VmKmc kmc;
  const VmBarrierCommon *common = setup->stz->barrier.common;

  PetscFunctionBegin;
  PetscCall(PetscNew(&kmc));
  kmc->grid = grid, kmc->stz = *setup->stz, kmc->seed = setup->seed, kmc->temperature = setup->temperature;
  kmc->refresh = setup->refresh, kmc->interacting = setup->interacting, kmc->finder = setup->finder;
  kmc->state.pending = -1, kmc->state.temperature = kmc->start_temperature = setup->temperature;
  kmc->barrier_law = (const VmBarrierOps *)setup->stz->barrier.head;
  kmc->barrier_params = setup->stz->barrier.params;
  kmc->barriers = common->per == VM_PER_MODE ? (int)setup->stz->modes : 1;
  const bool grouped = setup->finder == VM_FINDER_FULL;
  kmc->padded = grouped ? setup->stz->modes : Padded(setup->stz->modes);
  kmc->in_barriers = kmc->barriers > 1 ? kmc->padded : 1;
  kmc->in_mode = grouped ? 5 * VM_GROUP : 1, kmc->in_component = grouped ? VM_GROUP : kmc->padded;
  VmTilesSetUp(grid, kmc->finder == VM_FINDER_THINNED, &kmc->tiles);
  if (kmc->interacting) {
    PetscCall(VmGreenCreate(grid, setup->shear, setup->bulk, &kmc->green));
    PetscCall(VmKernelCreate(kmc->green, &kmc->kernel));
  }
  PetscCall(Allocate(kmc));
  for (int64_t i = 0; i < grid->np; ++i) kmc->state.last_event[i] = -1e300, kmc->ratio[i] = setup->barrier_ratio[i];
  PetscCall(VmTilesTake(&kmc->tiles, kmc->ratio, kmc->slot_ratio));
  kmc->state.mean = (VmMean){.shear = setup->shear, .bulk = setup->bulk};
  const VmRngKey key = {.seed = kmc->seed, .stream = VM_STREAM_EVENT};
  kmc->state.hazard = -log(VmRngUniform(key, 0, 1)); /* draw 1 of cell 0: the sequence itself uses draw 0 */
  if (setup->finder == VM_FINDER_THINNED) PetscCall(VmKmcThinningCreate(kmc, setup->margin));
  if (setup->finder == VM_FINDER_EXTREMAL) PetscCall(VmKmcExtremalCreate(kmc));
  PetscCheck(setup->finder == VM_FINDER_FULL || !setup->relaxation, grid->comm, PETSC_ERR_SUP,
             "only the finder `full` knows flow units that relax");
  PetscCheck(setup->finder != VM_FINDER_EXTREMAL || setup->expansion == setup->flow_unit_expansion, grid->comm,
             PETSC_ERR_SUP, "the finder `extremal` does not know flow units that expand");
  const VmMemoryOps *memory = (const VmMemoryOps *)setup->stz->memory.head;
  PetscCheck(setup->finder != VM_FINDER_EXTREMAL || !memory ||
                 (memory->athermal && memory->athermal(setup->stz->memory.params)),
             grid->comm, PETSC_ERR_SUP, "the finder `extremal` knows memory laws only that have an athermal limit");
  PetscCall(VmKmcChangingCreate(kmc, setup));
  if (setup->finder == VM_FINDER_THINNED) PetscCall(VmExpansionCreate(kmc));
  int many = setup->shear_field != NULL; /* a rank without voxels may have no field */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &many, 1, MPI_INT, MPI_LOR, grid->comm));
  if (many) PetscCall(VmKmcHeterogeneousCreate(kmc, setup));
  PetscCall(VmKmcRestore(kmc, NULL));
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
  PetscCall(PetscFree((*kmc)->padding));
  PetscCall(PetscFree((*kmc)->ratio));
  PetscCall(PetscFree3((*kmc)->slot_ratio, (*kmc)->last_event, (*kmc)->generation));
  PetscCall(PetscFree2((*kmc)->rate, (*kmc)->lowest));
  PetscCall(VmKmcThinningDestroy(*kmc));
  PetscCall(VmKmcExtremalDestroy(*kmc));
  PetscCall(VmKmcChangingDestroy(*kmc));
  PetscCall(VmKmcHeterogeneousDestroy(*kmc));
  PetscCall(PetscFree3((*kmc)->plane_row, (*kmc)->planes, (*kmc)->room));
  PetscCall(PetscFree4((*kmc)->level, (*kmc)->excess, (*kmc)->mode_rate, (*kmc)->mode_reserve));
  PetscCall(PetscFree4((*kmc)->state.eigenstrain, (*kmc)->state.fluctuation, (*kmc)->state.last_event,
                       (*kmc)->state.generation));
  PetscCall(PetscFree(*kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmKmcState *VmKmcGetState(VmKmc kmc) { return &kmc->state; }

PetscErrorCode VmKmcSaveBounds(VmKmc kmc, double *bounds)
{
  PetscFunctionBegin;
  PetscCall(VmKmcThinningSave(kmc, bounds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcRestore(VmKmc kmc, const double *bounds)
{
  const int64_t slots = kmc->tiles.count * VM_TILE;
  double *generation;
  PetscFunctionBegin;
  kmc->temperature = kmc->state.temperature;
  PetscCall(PetscMalloc1((size_t)PetscMax(slots, kmc->grid->np), &generation));
  for (int64_t i = 0; i < kmc->grid->np; ++i) generation[i] = (double)kmc->state.generation[i];
  PetscCall(VmTilesTake(&kmc->tiles, generation, kmc->last_event));
  for (int64_t i = 0; i < slots; ++i) kmc->generation[i] = (int64_t)kmc->last_event[i];
  PetscCall(PetscFree(generation));
  PetscCall(VmTilesTake(&kmc->tiles, kmc->state.last_event, kmc->last_event));
  if (kmc->memory) PetscCall(VmTilesTake(&kmc->tiles, kmc->state.memory, kmc->memory));
  for (int64_t i = 0; i < slots; ++i)
    if (kmc->slot_ratio[i] > 0.0) VmKmcDrawVoxel(kmc, i);
  if (kmc->finder == VM_FINDER_THINNED) PetscCall(VmKmcThinningLoad(kmc, bounds));
  if (kmc->finder == VM_FINDER_EXTREMAL) VmKmcExtremalRestore(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
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

double VmKmcRate(VmKmc kmc) { return kmc->state.rate; }

const VmKmcProfile *VmKmcGetProfile(VmKmc kmc) { return &kmc->profile; }

void VmKmcBarrierField(VmKmc kmc, double *barrier)
{
  const VmKmcState *state = &kmc->state;
  for (int64_t i = 0; i < kmc->grid->np; ++i) {
    double lowest = HUGE_VAL;
    for (int m = 0; m < kmc->barriers; ++m)
      lowest = fmin(lowest, VmStzBarrier(&kmc->stz, kmc->seed, VmGridGlobal(kmc->grid, i), state->generation[i], m,
                                         kmc->ratio[i]));
    barrier[i] = lowest * VmKmcMemoryFactor(kmc, i) *
                 VmStzMemory(&kmc->stz, state->generation[i] > 0, state->mean.time - state->last_event[i]);
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
  const int64_t padded = Padded(stz->modes), barriers = common->per == VM_PER_MODE ? padded : 1;
  /* catalogue, barriers, state and sums, six transform components, real-space kernel, alias sums */
  return np * (20 * padded + 8 * barriers + 8 * (6 + 6 + 3 + 5) + 8 * 7) +
         (finder == VM_FINDER_THINNED ? VmKmcThinningBytes(stz, np, n) : VmKernelBytes(n)) +
         VmKernelBytes(n) * 15 / 36 * 4 +
         (finder == VM_FINDER_EXTREMAL ? n[0] * n[1] * n[2] * (int64_t)sizeof(float) : 0);
}
