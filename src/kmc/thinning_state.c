/* Bounds of the finder `thinned` as fields of a checkpoint. */
#include "thinning.h"
#include <math.h>

/* What is saved of a slot; of a tile each of its slots holds a copy. */
enum {
  KNOWN,
  SEEN = KNOWN + VM_SHEARS,
  RATE = SEEN + VM_SHEARS,
  LOWEST,
  MARGIN,
  PAID,
  SUMMED,
  CHARGE,
  FELT_KNOWN,
  FELT_SEEN,
  FIELDS
};
_Static_assert((int)FIELDS == (int)VM_KMC_BOUNDS, "fields of the bounds");

static double Get(VmKmc kmc, int field, int64_t slot)
{
  const VmThinning t = kmc->thinning;
  const int64_t first = slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
  if (field < SEEN) return t->known[first + field * VM_TILE];
  if (field < RATE) return (double)t->seen[first + (field - SEEN) * VM_TILE];
  if (field == RATE) return kmc->rate[slot];
  if (field == LOWEST) return kmc->lowest[slot];
  if (field == MARGIN) return (double)t->margin[slot];
  if (field == PAID) return (double)t->paid[slot];
  if (field == FELT_KNOWN) return VmPressureKnown(kmc) ? VmPressureKnown(kmc)[slot] : 0.0;
  if (field == FELT_SEEN) return VmPressureSeen(kmc) ? (double)VmPressureSeen(kmc)[slot] : 0.0;
  return field == SUMMED ? (double)t->summed[slot] : (double)t->charge[slot / VM_TILE];
}

static void Set(VmKmc kmc, int field, int64_t slot, double value)
{
  VmThinning t = kmc->thinning;
  const int64_t first = slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
  if (field < SEEN) t->known[first + field * VM_TILE] = value;
  else if (field < RATE) t->seen[first + (field - SEEN) * VM_TILE] = (float)value;
  else if (field == RATE) kmc->rate[slot] = value;
  else if (field == LOWEST) kmc->lowest[slot] = value;
  else if (field == MARGIN) t->margin[slot] = (float)value;
  else if (field == PAID) t->paid[slot] = (float)value;
  else if (field == SUMMED) t->summed[slot] = (int32_t)value;
  else if (field == CHARGE) t->charge[slot / VM_TILE] = (float)value;
  else if (field == FELT_KNOWN && VmPressureKnown(kmc)) VmPressureKnown(kmc)[slot] = value;
  else if (field == FELT_SEEN && VmPressureSeen(kmc)) VmPressureSeen(kmc)[slot] = (float)value;
}

PetscErrorCode VmKmcThinningSave(VmKmc kmc, double *fields)
{
  const int64_t slots = kmc->tiles.count * VM_TILE;
  double *room;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)slots, &room));
  for (int field = 0; field < FIELDS; ++field) {
    for (int64_t i = 0; i < slots; ++i) room[i] = Get(kmc, field, i);
    PetscCall(VmTilesGive(&kmc->tiles, room, fields + field * kmc->grid->np));
  }
  PetscCall(PetscFree(room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcThinningLoad(VmKmc kmc, const double *fields)
{
  VmThinning t = kmc->thinning;
  const int64_t slots = kmc->tiles.count * VM_TILE;
  double *room;
  PetscFunctionBegin;
  PetscCall(VmWindowRestore(kmc));
  if (!fields) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)slots, &room));
  for (int field = 0; field < FIELDS; ++field) {
    PetscCall(VmTilesTake(&kmc->tiles, fields + field * kmc->grid->np, room));
    for (int64_t i = 0; i < slots; ++i)
      if (kmc->slot_ratio[i] > 0.0) Set(kmc, field, i, room[i]);
  }
  PetscCall(PetscFree(room));
  for (int64_t i = 0; i < kmc->state.pending; ++i) VmShearSourcesSet(&t->sources, i, &kmc->state.recent[i]);
  VmThinningSetMargins(kmc);
  for (int64_t tile = 0; tile < kmc->tiles.count; ++tile) VmThinningConclude(kmc, tile);
  t->current = false;
  PetscFunctionReturn(PETSC_SUCCESS);
}
