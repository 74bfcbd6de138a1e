/* Bounds of the finder `thinned`: when all of them are renewed, and what ranks tell each other of them. */
#include "thinning.h"
#include <vitromech/timer.h>
#include <math.h>
#include <string.h>

/* Part of the least margin, as it was given, for the mean stress. */
#define DRIFT_PART 0.25

/* The margin that is given is taken to be no wider than what multiplies rates by exp(WIDEST_FACTOR). */
#define WIDEST_FACTOR 4.0

/* A tile is near an event that would cost it more than this part of the margin: its stress is added at once. */
#define NEAR_PART 0.03

/* The floor of the bounds of rates is this part of their mean. It rises by no more than FLOOR_RISE at a time, so that
 * one fast voxel does not lift it, and is lowered when it is FLOOR_DROP times too high. */
#define FLOOR_PART 0.1
#define FLOOR_RISE 4.0
#define FLOOR_DROP 3.0

/* Pairs of voxel and event summed, per voxel of the box, that cost as much as a refresh of everything. */
#define SUMS_PER_REFRESH VM_REFRESH_WORK

/* Pending events at most, so that rounding of the charges, added in floats, stays below VM_ROUNDING. */
enum { MOST_PENDING = 8192 };

double VmShearNorm(const double sig[6])
{
  const double mean = (sig[0] + sig[1] + sig[2]) / 3.0;
  double sum = 0.0;
  for (int c = 0; c < 6; ++c) sum += c < 3 ? (sig[c] - mean) * (sig[c] - mean) : 2.0 * sig[c] * sig[c];
  return sqrt(0.5 * sum);
}

double VmThinningDrift(VmKmc kmc)
{
  double change[6];
  for (int c = 0; c < 6; ++c) change[c] = kmc->state.mean.stress[c] - kmc->state.reference[c];
  return VmThinningNorm(kmc, change);
}

void VmVoxelAt(VmGrid grid, int64_t voxel, int64_t at[3])
{
  at[0] = voxel / grid->plane, at[1] = voxel / grid->n[2] % grid->n[1], at[2] = voxel % grid->n[2];
}

/* New limits for all voxels; those that have reached them are looked at. */
static void LimitAll(VmKmc kmc)
{
  const VmThinning t = kmc->thinning;
  for (int64_t tile = 0; tile < kmc->tiles.count; ++tile) {
    VmThinningLimits(kmc, tile);
    if (t->charge[tile] >= t->trigger[tile]) VmThinningLook(kmc, tile);
  }
}

/* The shears everywhere by Fourier transform, to the first fields of `fluctuation`; and the pressure, where it is felt.
 */
static PetscErrorCode RefreshShears(VmKmc kmc)
{
  const int64_t np = kmc->grid->np;
  double *field = kmc->state.fluctuation;

  PetscFunctionBegin;
  if (kmc->thinning->pressure) {
    PetscCall(VmGreenStress(kmc->green, kmc->state.eigenstrain, field));
    for (int64_t i = 0; i < np; ++i) {
      double sig[6], shear[VM_SHEARS];
      for (int c = 0; c < 6; ++c) sig[c] = field[c * np + i];
      VmShears(sig, shear);
      for (int c = 0; c < VM_SHEARS; ++c) field[c * np + i] = shear[c];
      field[VM_FELT * np + i] = (sig[0] + sig[1] + sig[2]) / 3.0;
    }
    PetscCall(VmPressureRefresh(kmc, field + VM_FELT * np));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmGreenDeviator(kmc->green, kmc->state.eigenstrain, field));
  for (int64_t i = 0; i < np; ++i) {
    const double xx = field[i], yy = field[np + i];
    field[i] = M_SQRT1_2 * (xx - yy), field[np + i] = sqrt(1.5) * (xx + yy);
    for (int c = 2; c < VM_SHEARS; ++c) field[c * np + i] *= M_SQRT2;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The stress everywhere by Fourier transform. */
static PetscErrorCode Refresh(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  VmThinning t = kmc->thinning;
  const int64_t np = kmc->grid->np, slots = kmc->tiles.count * VM_TILE;

  PetscFunctionBegin;
  if (kmc->interacting) {
    double *slot_stress;
    PetscCall(PetscCalloc1((size_t)slots, &slot_stress));
    PetscCall(RefreshShears(kmc));
    for (int c = 0; c < VM_SHEARS; ++c) {
      PetscCall(VmTilesTake(&kmc->tiles, state->fluctuation + c * np, slot_stress));
      for (int64_t tile = 0; tile < kmc->tiles.count; ++tile)
        for (int64_t i = 0; i < VM_TILE; ++i)
          t->known[(tile * VM_SHEARS + c) * VM_TILE + i] = slot_stress[tile * VM_TILE + i];
    }
    PetscCall(PetscFree(slot_stress));
    VmExpansionAddAll(kmc, state->temperature - kmc->start_temperature);
  }
  state->pending = 0, state->sums = 0;
  for (int64_t i = 0; i < slots; ++i) t->summed[i] = 0, t->paid[i] = 0.0f;
  for (int64_t i = 0; i < kmc->tiles.count; ++i) t->charge[i] = 0.0f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Looks at the voxels that have used up their margins. */
static void LookAll(VmKmc kmc)
{
  const VmThinning t = kmc->thinning;
  for (int64_t tile = 0; tile < kmc->tiles.count; ++tile)
    if (t->charge[tile] >= t->trigger[tile]) VmThinningLook(kmc, tile);
}

PetscErrorCode VmThinningGather(VmKmc kmc)
{
  VmThinning t = kmc->thinning;
  const VmTiles *tiles = &kmc->tiles;
  const int64_t in_plane = tiles->per_plane;
  const int size = kmc->grid->size;
  const double start = VmTime();

  PetscFunctionBegin;
  for (int64_t k = 0; k < tiles->planes; ++k) {
    double *row = t->row + k * VM_BOUND_ROW, lowest = HUGE_VAL;
    if (!t->stale[k]) continue;
    for (int64_t i = k * in_plane; i < (k + 1) * in_plane; ++i)
      lowest = t->tile_lowest[i] < lowest ? t->tile_lowest[i] : lowest;
    row[VM_PLANE_RATE] = VmSumRun(in_plane, t->tile_rate + k * in_plane), row[VM_PLANE_LOWEST] = lowest;
    t->stale[k] = false;
  }
  if (size == 1) memcpy(t->rows, t->row, sizeof(double) * VM_BOUND_ROW * (size_t)tiles->planes);
  else {
    PetscCallMPI(MPI_Allgatherv(t->row, (int)tiles->planes * VM_BOUND_ROW, MPI_DOUBLE, t->gathered, t->counts,
                                t->starts, MPI_DOUBLE, kmc->grid->comm));
    for (int64_t x = 0; x < kmc->grid->n[0]; ++x)
      memcpy(t->rows + x * VM_BOUND_ROW, t->gathered + t->starts[x % size] + x / size * VM_BOUND_ROW,
             sizeof(double) * VM_BOUND_ROW);
  }
  kmc->state.rate = 0.0, kmc->lowest_barrier = HUGE_VAL;
  for (int64_t x = 0; x < kmc->grid->n[0]; ++x) {
    double *row = t->rows + x * VM_BOUND_ROW;
    kmc->state.rate += row[VM_PLANE_RATE];
    kmc->state.sums += (int64_t)row[VM_PLANE_SUMS], kmc->state.work += (int64_t)row[VM_PLANE_WORK];
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, row[VM_PLANE_LOWEST]);
  }
  for (int64_t k = 0; k < tiles->planes; ++k)
    t->row[k * VM_BOUND_ROW + VM_PLANE_SUMS] = t->row[k * VM_BOUND_ROW + VM_PLANE_WORK] = 0.0;
  t->current = true;
  kmc->profile.message_time += VmTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Floor that the present bounds call for. */
static double WantedFloor(VmKmc kmc)
{
  return PetscMin(FLOOR_PART * kmc->state.rate / (double)kmc->grid->total, VM_FLOOR_MOST * kmc->stz.attempt_frequency);
}

static void RaiseFloor(VmKmc kmc)
{
  double *floor = &kmc->state.floor;
  *floor = PetscMax(*floor, PetscMin(FLOOR_RISE * *floor, WantedFloor(kmc)));
}

PetscErrorCode VmThinningPrepare(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  VmThinning t = kmc->thinning;
  PetscFunctionBegin;
  if (!t->current) PetscCall(VmThinningGather(kmc));
  const double start = VmTime();
  const bool first = state->pending < 0,
             refresh = first || state->pending >= t->most || state->sums > SUMS_PER_REFRESH * kmc->grid->total,
             over = !first && state->mean.time >= state->bounds_until;
  const double since = first || over ? VmWindowOpen(kmc) : HUGE_VAL;
  if (refresh || VmThinningDrift(kmc) > 0.999 * t->drift_margin) {
    memcpy(state->reference, state->mean.stress, sizeof state->reference);
    bool tuned = false;
    if (refresh) {
      tuned = !first && VmThinningTune(kmc);
      PetscCall(Refresh(kmc));
      ++kmc->profile.refreshes;
    } else ++kmc->profile.shifts;
    if (first) {
      state->floor = 0.0;
      VmThinningRenewAll(kmc, 0.0, -HUGE_VAL);
    } else {
      RaiseFloor(kmc);
      if (tuned) VmThinningRenewAll(kmc, state->floor, -HUGE_VAL);
      LimitAll(kmc);
    }
    PetscCall(VmThinningGather(kmc));
    if (first) state->floor = FLOOR_DROP * FLOOR_DROP * WantedFloor(kmc); /* all get their margins below */
  }
  if (over) {
    if (state->temperature_rate != 0.0) RaiseFloor(kmc);
    VmThinningRenewAll(kmc, 0.0, since);
    LookAll(kmc);
    PetscCall(VmThinningGather(kmc));
  }
  while (state->floor > FLOOR_DROP * WantedFloor(kmc)) {
    state->floor = WantedFloor(kmc);
    VmThinningRenewAll(kmc, 0.0, -HUGE_VAL);
    LookAll(kmc); /* some margins are narrower than what has been charged */
    PetscCall(VmThinningGather(kmc));
  }
  kmc->profile.refresh_time += VmTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmThinningBegin(VmKmc kmc)
{
  kmc->state.pending = -1;
  VmThinningSetMargins(kmc);
  kmc->state.margin = PetscMin(kmc->state.margin, kmc->thinning->margin_scale);
  VmThinningSetMargins(kmc);
}

void VmThinningSetMargins(VmKmc kmc)
{
  VmThinning t = kmc->thinning;
  t->margin_scale = PetscMin(t->given_margin, WIDEST_FACTOR * VM_BOLTZMANN * kmc->state.temperature / t->work);
  t->drift_margin = DRIFT_PART * t->margin_scale;
  t->least_margin = (double)(float)((1.0 - DRIFT_PART) * kmc->state.margin);
}

PetscErrorCode VmKmcThinningCreate(VmKmc kmc, double margin)
{
  VmGrid grid = kmc->grid;
  const VmTiles *tiles = &kmc->tiles;
  const size_t count = (size_t)tiles->count, planes = (size_t)tiles->planes;
  const double voxel = grid->spacing * grid->spacing * grid->spacing;
  const VmBarrierCommon *common = kmc->stz.barrier.common;
  VmThinning t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  kmc->thinning = t;
  /* a mode gamma/2 (n m + m n) works gamma n.sig.m; its components are rounded to floats */
  t->work = VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5);
  t->norm = 0.5 * kmc->stz.strain * kmc->stz.volume / voxel * (1.0 + 1e-5);
  t->most = PetscMin(kmc->refresh, MOST_PENDING);
  kmc->state.margin = t->given_margin = margin;
  VmThinningBegin(kmc);
  PetscCall(PetscMalloc1((size_t)t->most, &kmc->state.recent));
  PetscCall(VmShearSourcesCreate(t->most, &t->sources));
  PetscCall(PetscMalloc1((size_t)(VmShearParts(t->most) * VM_SHEARS), &t->parts));
  PetscCall(PetscCalloc2(count * VM_SHEARS * VM_TILE, &t->known, count * VM_SHEARS * VM_TILE, &t->seen));
  PetscCall(PetscCalloc4(count * VM_TILE, &t->summed, count * VM_TILE, &t->margin, count * VM_TILE, &t->paid,
                         count * VM_TILE, &t->limit));
  PetscCall(PetscCalloc5(count, &t->charge, count, &t->trigger, count, &t->least, count, &t->tile_rate, count,
                         &t->tile_lowest));
  for (size_t i = 0; i < count * VM_TILE; ++i) /* slots of no voxel keep these */
    kmc->rate[i] = 0.0, kmc->lowest[i] = HUGE_VAL, t->margin[i] = HUGE_VALF;
  PetscCall(PetscCalloc4(planes * VM_BOUND_ROW, &t->row, (size_t)grid->n[0] * VM_BOUND_ROW, &t->rows, planes, &t->stale,
                         planes, &t->due));
  PetscCall(PetscCalloc3((size_t)grid->n[0] * VM_BOUND_ROW, &t->gathered, (size_t)grid->size, &t->counts,
                         (size_t)grid->size, &t->starts));
  PetscCall(PetscCalloc4((size_t)tiles->rows, &t->row_offset, (size_t)tiles->rows, &t->row_entry,
                         (size_t)tiles->columns, &t->column_entry, (size_t)tiles->rows, &t->near_row));
  for (int64_t x = 0; x < grid->n[0]; ++x) t->counts[VmTilesOwner(tiles, x)] += VM_BOUND_ROW;
  for (int r = 1; r < grid->size; ++r) t->starts[r] = t->starts[r - 1] + t->counts[r - 1];
  PetscCall(VmPressureCreate(kmc));
  if (kmc->interacting) {
    PetscCall(
        VmShearKernelCreate(grid, kmc->kernel, NEAR_PART * t->margin_scale / t->norm, common->friction, &t->kernel));
    PetscCall(VmKernelDestroy(&kmc->kernel));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcThinningDestroy(VmKmc kmc)
{
  VmThinning t = kmc->thinning;
  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmShearKernelDestroy(&t->kernel));
  PetscCall(VmPressureDestroy(kmc));
  PetscCall(VmExpansionDestroy(kmc));
  PetscCall(PetscFree(kmc->state.recent));
  PetscCall(VmShearSourcesDestroy(&t->sources));
  PetscCall(PetscFree(t->parts));
  PetscCall(PetscFree2(t->known, t->seen));
  PetscCall(PetscFree4(t->summed, t->margin, t->paid, t->limit));
  PetscCall(PetscFree5(t->charge, t->trigger, t->least, t->tile_rate, t->tile_lowest));
  PetscCall(PetscFree4(t->row, t->rows, t->stale, t->due));
  PetscCall(PetscFree3(t->gathered, t->counts, t->starts));
  PetscCall(PetscFree4(t->row_offset, t->row_entry, t->column_entry, t->near_row));
  PetscCall(PetscFree(kmc->thinning));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmKmcThinningBytes(const VmStz *stz, int64_t np, const int64_t n[3])
{
  return VmShearKernelBytes(n) + VmPressureBytes(stz, np, n) + np * (8 * VM_SHEARS + 4 * VM_SHEARS + 4 * 4 + 1);
}
