/* Margins of voxels: how much of them is used, when the stress of a voxel is summed, and when its rate is computed
 * anew. */
#include "rates.h"
#include "thinning.h"
#include <vitromech/simd.h>
#include <math.h>

/* A voxel that is looked at has its stress summed if what is unknown of it may be more than this part of its margin. */
#define UNKNOWN_PART 0.6

/* It gets a new rate if it may then have used more than this part. */
#define USED_PART 0.5

/* Widest margin [GPa]. */
#define WIDEST 2.0

void VmShearDrives(const double s[VM_SHEARS], double drive[5])
{
  const double difference = M_SQRT1_2 * s[0], sum = 3.0 * 0.40824829046386302 * s[1];
  drive[0] = sum + difference, drive[1] = sum - difference;
  for (int c = 2; c < VM_SHEARS; ++c) drive[c] = M_SQRT1_2 * s[c];
}

void VmTileAt(const VmTiles *tiles, int64_t tile, int64_t at[3])
{
  at[0] = tiles->first + tile / tiles->per_plane * tiles->stride;
  at[1] = tile % tiles->per_plane / tiles->columns * VM_TILE_Y, at[2] = tile % tiles->columns * VM_TILE_Z;
}

int64_t VmThinningPairs(VmKmc kmc, int64_t slot)
{
  return kmc->interacting ? kmc->state.pending - kmc->thinning->summed[slot] : 0;
}

/* One of several shares of the sum over the last `pairs` events in a voxel. */
static void SumParts(VmKmc kmc, int64_t voxel, int64_t pairs, int share, int shares)
{
  const VmThinning t = kmc->thinning;
  int64_t at[3];
  VmVoxelAt(kmc->grid, voxel, at);
  const int64_t tile[3] = {at[0], at[1] / VM_TILE_Y * VM_TILE_Y, at[2] / VM_TILE_Z * VM_TILE_Z};
  VmShearKernelSum(t->kernel, tile, at, &t->sources, kmc->state.pending - pairs, kmc->state.pending, share, shares,
                   t->parts);
}

/* The stress of a slot from what is known and the parts of the sum over `pairs` events. */
static void AddParts(VmKmc kmc, int64_t slot, int64_t pairs, double stress[VM_STRESSES])
{
  const VmThinning t = kmc->thinning;
  const double *known = t->known + slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
  for (int c = 0; c < VM_SHEARS; ++c) {
    stress[c] = known[c * VM_TILE];
    for (int64_t i = 0; i < VmShearParts(pairs); ++i) stress[c] += t->parts[i * VM_SHEARS + c];
  }
  stress[VM_FELT] = VmPressureSum(kmc, slot);
}

int64_t VmThinningSum(VmKmc kmc, int64_t slot, double stress[VM_STRESSES])
{
  const int64_t pairs = VmThinningPairs(kmc, slot);
  if (pairs > 0) SumParts(kmc, VmTilesVoxel(&kmc->tiles, slot), pairs, 0, 1);
  AddParts(kmc, slot, pairs, stress);
  return pairs;
}

PetscErrorCode VmThinningSumTogether(VmKmc kmc, int owner, int64_t voxel, int64_t pairs, double stress[VM_STRESSES])
{
  const int64_t parts = VmShearParts(pairs), slot = VmTilesSlot(&kmc->tiles, voxel);
  double *part = kmc->thinning->parts;
  const bool together = kmc->grid->size > 1 && parts > 1;
  PetscFunctionBegin;
  if (together) {
    const int count = (int)(parts * VM_SHEARS);
    SumParts(kmc, voxel, pairs, kmc->grid->rank, kmc->grid->size);
    /* each part is one rank's and nothing on the others: no rounding */
    PetscCallMPI(MPI_Reduce(slot >= 0 ? MPI_IN_PLACE : part, slot >= 0 ? part : NULL, count, MPI_DOUBLE, MPI_SUM, owner,
                            kmc->grid->comm));
  } else if (slot >= 0 && pairs > 0) SumParts(kmc, voxel, pairs, 0, 1);
  if (slot >= 0) AddParts(kmc, slot, pairs, stress);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without new limits. */
static void Keep(VmKmc kmc, int64_t slot, const double stress[VM_STRESSES])
{
  VmThinning t = kmc->thinning;
  double *known = t->known + slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
  for (int c = 0; c < VM_SHEARS; ++c) known[c * VM_TILE] = stress[c];
  VmPressureKeep(kmc, slot, stress[VM_FELT]);
  t->summed[slot] = (int32_t)PetscMax(kmc->state.pending, 0), t->paid[slot] = t->charge[slot / VM_TILE];
}

void VmThinningKeep(VmKmc kmc, int64_t slot, const double stress[VM_STRESSES])
{
  Keep(kmc, slot, stress);
  VmThinningLimits(kmc, slot / VM_TILE);
}

/* Distance of what is known from what was seen. */
static double Moved(VmKmc kmc, int64_t slot)
{
  const int64_t first = slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
  double reference[VM_SHEARS], sum = 0.0;
  VmShears(kmc->state.reference, reference);
  for (int c = 0; c < VM_SHEARS; ++c) {
    const double difference =
        kmc->thinning->known[first + c * VM_TILE] + reference[c] - (double)kmc->thinning->seen[first + c * VM_TILE];
    sum += difference * difference;
  }
  return sqrt(0.5 * sum) + VmPressureMoved(kmc, slot);
}

double VmThinningUnknown(VmKmc kmc, int64_t slot)
{
  const double charge = (double)kmc->thinning->charge[slot / VM_TILE], paid = (double)kmc->thinning->paid[slot];
  return charge - paid + VM_ROUNDING * charge;
}

double VmThinningUsed(VmKmc kmc, int64_t slot) { return Moved(kmc, slot) + VmThinningUnknown(kmc, slot); }

VM_SIMD_CLONES
static float Limits(const double *restrict known, const float *restrict seen, const double *restrict reference,
                    const float *restrict margin, const float *restrict paid, float *restrict limit)
{
  float lowest[VM_TILE_Z];
  for (int i = 0; i < VM_TILE; ++i) {
    float sum = 0.0f;
    for (int c = 0; c < VM_SHEARS; ++c) {
      const float difference = (float)(known[c * VM_TILE + i] + reference[c] - (double)seen[c * VM_TILE + i]);
      sum += difference * difference;
    }
    limit[i] = (1.0f - (float)VM_ROUNDING) * (paid[i] + (margin[i] - sqrtf(0.5f * sum)));
  }
  for (int i = 0; i < VM_TILE_Z; ++i) lowest[i] = limit[i];
  for (int j = VM_TILE_Z; j < VM_TILE; j += VM_TILE_Z)
    for (int i = 0; i < VM_TILE_Z; ++i) lowest[i] = limit[i + j] < lowest[i] ? limit[i + j] : lowest[i];
  for (int i = 1; i < VM_TILE_Z; ++i) lowest[0] = lowest[i] < lowest[0] ? lowest[i] : lowest[0];
  return lowest[0];
}

/* Lowest reserve beyond the margin for the load, if the charge were nothing. */
VM_SIMD_CLONES
static double Least(const double *restrict reserve, const float *restrict limit, double work)
{
  double lowest[VM_TILE_Z];
  for (int i = 0; i < VM_TILE_Z; ++i) lowest[i] = reserve[i] + work * (double)limit[i];
  for (int j = VM_TILE_Z; j < VM_TILE; j += VM_TILE_Z)
    for (int i = 0; i < VM_TILE_Z; ++i) {
      const double own = reserve[i + j] + work * (double)limit[i + j];
      lowest[i] = own < lowest[i] ? own : lowest[i];
    }
  for (int i = 1; i < VM_TILE_Z; ++i) lowest[0] = lowest[i] < lowest[0] ? lowest[i] : lowest[0];
  return lowest[0];
}

void VmThinningLimits(VmKmc kmc, int64_t tile)
{
  VmThinning t = kmc->thinning;
  const int64_t field = tile * VM_SHEARS * VM_TILE, first = tile * VM_TILE;
  double reference[VM_SHEARS];
  VmShears(kmc->state.reference, reference);
  t->trigger[tile] =
      Limits(t->known + field, t->seen + field, reference, t->margin + first, t->paid + first, t->limit + first);
  if (t->pressure) t->trigger[tile] = VmPressureLimits(kmc, tile);
  t->least[tile] = Least(kmc->lowest + first, t->limit + first, t->work);
}

/* New rate and margin, without what follows from them. */
static void RenewVoxel(VmKmc kmc, int64_t slot)
{
  VmThinning t = kmc->thinning;
  const double kt = VM_BOLTZMANN * t->hottest;
  const VmEffect effect = VmKmcEffectFrom(kmc, slot, kmc->state.mean.time, VmWindowOf(kmc, slot));
  const double floor = fmin(kmc->state.floor, VM_FLOOR_MOST * effect.weight * kmc->stz.attempt_frequency);
  const int64_t first = slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
  double reference[VM_SHEARS], seen[VM_SHEARS], drive[5], margin = t->least_margin;

  VmShears(kmc->state.reference, reference);
  for (int c = 0; c < VM_SHEARS; ++c) {
    t->seen[first + c * VM_TILE] = (float)(t->known[first + c * VM_TILE] + reference[c]);
    seen[c] = (double)t->seen[first + c * VM_TILE];
  }
  VmShearDrives(seen, drive);
  const double pressed = VmPressureSee(kmc, slot) + t->work * VmExpansionMost(kmc, slot);
  VmRateBound bound =
      VmKmcRateBound(kmc, slot, t->hottest, effect, pressed + t->work * (margin + t->drift_margin), drive);
  /* a bound as low as the floor costs next to nothing: a wide margin costs less still */
  if (bound.rate < floor) {
    margin += PetscMin(log(floor / bound.rate) * kt / (t->work * bound.slope), WIDEST);
    margin = (double)(float)margin;
    bound = VmKmcRateBound(kmc, slot, t->hottest, effect, pressed + t->work * (margin + t->drift_margin), drive);
  }
  t->margin[slot] = (float)margin;
  kmc->rate[slot] = bound.rate, kmc->lowest[slot] = bound.reserve;
  ++kmc->profile.renewed;
}

void VmThinningConclude(VmKmc kmc, int64_t tile)
{
  VmThinning t = kmc->thinning;
  double lowest = HUGE_VAL;
  for (int64_t i = tile * VM_TILE; i < (tile + 1) * VM_TILE; ++i)
    lowest = kmc->lowest[i] < lowest ? kmc->lowest[i] : lowest;
  t->tile_rate[tile] = VmSumRun(VM_TILE, kmc->rate + tile * VM_TILE), t->tile_lowest[tile] = lowest;
  t->stale[tile / kmc->tiles.per_plane] = true;
  VmThinningLimits(kmc, tile);
}

void VmThinningRenew(VmKmc kmc, int64_t slot)
{
  RenewVoxel(kmc, slot);
  VmThinningConclude(kmc, slot / VM_TILE);
}

void VmThinningRenewAll(VmKmc kmc, double slowest, double since)
{
  for (int64_t tile = 0; tile < kmc->tiles.count; ++tile) {
    bool any = false;
    for (int64_t slot = tile * VM_TILE; slot < (tile + 1) * VM_TILE; ++slot) {
      if (kmc->slot_ratio[slot] == 0.0 || kmc->rate[slot] < slowest || kmc->last_event[slot] < since) continue;
      RenewVoxel(kmc, slot);
      any = true;
    }
    if (any) VmThinningConclude(kmc, tile);
  }
}

void VmThinningLook(VmKmc kmc, int64_t tile)
{
  VmThinning t = kmc->thinning;
  double stress[VM_STRESSES];
  bool renewed = false;
  for (int64_t slot = tile * VM_TILE; slot < (tile + 1) * VM_TILE; ++slot) {
    if (t->limit[slot] > t->charge[tile]) continue;
    if (VmThinningUnknown(kmc, slot) > UNKNOWN_PART * (double)t->margin[slot]) {
      t->row[tile / kmc->tiles.per_plane * VM_BOUND_ROW + VM_PLANE_SUMS] += (double)VmThinningSum(kmc, slot, stress);
      Keep(kmc, slot, stress);
      ++kmc->profile.exact;
    }
    if (t->limit[slot] >= 0.0f && VmThinningUsed(kmc, slot) < USED_PART * (double)t->margin[slot]) continue;
    RenewVoxel(kmc, slot);
    t->row[tile / kmc->tiles.per_plane * VM_BOUND_ROW + VM_PLANE_WORK] += VM_RENEWAL_WORK;
    renewed = true;
  }
  if (renewed) VmThinningConclude(kmc, tile);
  else VmThinningLimits(kmc, tile);
}
