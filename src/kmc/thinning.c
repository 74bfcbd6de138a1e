/* Bounds of the finder `thinned`: what tiles know of the stress, what they have paid, and when they get new rates. */
#include "thinning.h"
#include <vitromech/simd.h>
#include <vitromech/timer.h>
#include <math.h>
#include <string.h>

/* Part of the margin for the mean stress. */
#define DRIFT_PART 0.25

/* A tile is near an event that would cost it more than this part of the margin: its stress is added at once. */
#define NEAR_PART 0.01

/* A tile whose unknown events have cost more than this part of its margin has them summed when its rates are renewed.
 */
#define UNKNOWN_PART 0.5

/* Pairs of voxel and event summed, per voxel of the box, that cost as much as a refresh of everything. */
#define SUMS_PER_REFRESH 15

/* Pending events at most, so that rounding of the costs, added in floats, stays below 1/1000. */
enum { MOST_PENDING = 8192 };
#define ROUNDING 1e-3

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
  return VmShearNorm(change);
}

void VmVoxelAt(VmGrid grid, int64_t voxel, int64_t at[3])
{
  at[0] = voxel / grid->plane, at[1] = voxel / grid->n[2] % grid->n[1], at[2] = voxel % grid->n[2];
}

/* First voxel of a tile. */
static void TileAt(const VmTiles *tiles, int64_t tile, int64_t at[3])
{
  at[0] = tiles->first + tile / tiles->per_plane * tiles->stride;
  at[1] = tile % tiles->per_plane / tiles->columns * VM_TILE_Y, at[2] = tile % tiles->columns * VM_TILE_Z;
}

static float Influence(VmShearKernel kernel, const int64_t at[3], const int32_t source[3])
{
  const int64_t *n = kernel->grid->n;
  return kernel->influence[VmInfluenceIndex(kernel, VmOffset(at[0], source[0], n[0]), VmOffset(at[1], source[1], n[1]),
                                            VmOffset(at[2], source[2], n[2]))];
}

/* Events whose kernel is fetched before it is needed: entries are scattered over memory. */
enum { AHEAD = 6 };

/* Sums from event `first` on. */
static int64_t Sum(VmKmc kmc, int64_t tile, int64_t lane, int64_t first, double stress[VM_SHEARS])
{
  const VmKmcState *state = &kmc->state;
  VmShearKernel kernel = kmc->thinning->kernel;
  const int64_t *n = kmc->grid->n, *reach = kernel->reach;
  int64_t start[3], at[3];
  TileAt(&kmc->tiles, tile, start);
  at[0] = start[0], at[1] = start[1] + lane / VM_TILE_Z, at[2] = start[2] + lane % VM_TILE_Z;
  for (int64_t i = first; i < state->pending; ++i) {
    const VmKmcSource *event = &state->recent[i];
    bool surrounding = true;
    for (int d = 0; d < 3; ++d) {
      const int64_t distance = llabs(at[d] - event->at[d]);
      surrounding = surrounding && PetscMin(distance, n[d] - distance) <= reach[d] + VM_TILE_Z;
    }
    /* what was near has its stress already */
    if (i + AHEAD < state->pending) VmShearKernelFetch(kernel, at, state->recent[i + AHEAD].at);
    if (surrounding && Influence(kernel, start, event->at) > kernel->near) continue;
    VmShearKernelAdd(kernel, at, event->at, event->shear, stress);
  }
  return state->pending - first;
}

int64_t VmThinningSum(VmKmc kmc, int64_t slot, double stress[VM_SHEARS])
{
  if (!kmc->interacting) return 0;
  return Sum(kmc, slot / VM_TILE, slot % VM_TILE, kmc->thinning->summed[slot], stress);
}

/* Brings the stress of a tile up to date with all events. */
static void SumTile(VmKmc kmc, int64_t tile)
{
  VmThinning t = kmc->thinning;
  double *known = t->known + tile * VM_SHEARS * VM_TILE;
  for (int64_t lane = 0; lane < VM_TILE; ++lane) {
    const int64_t slot = tile * VM_TILE + lane;
    double stress[VM_SHEARS];
    if (kmc->slot_ratio[slot] == 0.0) continue;
    for (int c = 0; c < VM_SHEARS; ++c) stress[c] = known[c * VM_TILE + lane];
    t->row[tile / kmc->tiles.per_plane * VM_BOUND_ROW + VM_PLANE_SUMS] +=
        (double)Sum(kmc, tile, lane, t->summed[slot], stress);
    for (int c = 0; c < VM_SHEARS; ++c) known[c * VM_TILE + lane] = stress[c];
    t->summed[slot] = (int32_t)kmc->state.pending;
  }
  t->unknown[tile] = 0.0f;
  ++kmc->profile.exact;
}

/* Drives of a mode's work from the shears of the fluctuation and the reference. */
static void TileDrives(VmKmc kmc, int64_t tile, double drive[5][VM_TILE])
{
  const double *s = kmc->thinning->known + tile * VM_SHEARS * VM_TILE, *mean = kmc->state.reference;
  for (int i = 0; i < VM_TILE; ++i) {
    const double difference = M_SQRT1_2 * s[i], sum = 3.0 * 0.40824829046386302 * s[VM_TILE + i];
    drive[0][i] = (mean[0] - mean[2]) + (sum + difference), drive[1][i] = (mean[1] - mean[2]) + (sum - difference);
    for (int c = 2; c < VM_SHEARS; ++c) drive[c][i] = mean[c + 1] + M_SQRT1_2 * s[c * VM_TILE + i];
  }
}

void VmThinningRenew(VmKmc kmc, int64_t tile)
{
  VmThinning t = kmc->thinning;
  double drive[5][VM_TILE], lowest = HUGE_VAL;
  if (t->unknown[tile] > (float)UNKNOWN_PART * t->tile_margin) SumTile(kmc, tile);
  TileDrives(kmc, tile, drive);
  VmKmcTileRates(kmc, tile, t->work * kmc->state.margin, drive);
  for (int i = 0; i < VM_TILE; ++i) lowest = fmin(lowest, kmc->lowest[tile * VM_TILE + i]);
  t->tile_rate[tile] = VmSumRun(VM_TILE, kmc->rate + tile * VM_TILE), t->tile_lowest[tile] = lowest;
  t->charge[tile] = t->unknown[tile];
  t->stale[tile / kmc->tiles.per_plane] = true;
  ++kmc->profile.renewed;
}

static void RenewAll(VmKmc kmc)
{
  memcpy(kmc->state.reference, kmc->state.mean.stress, sizeof kmc->state.reference);
  for (int64_t tile = 0; tile < kmc->tiles.count; ++tile) VmThinningRenew(kmc, tile);
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
    PetscCall(VmGreenStress(kmc->green, state->eigenstrain, state->fluctuation));
    for (int64_t i = 0; i < np; ++i) {
      double sig[6], shear[VM_SHEARS];
      for (int c = 0; c < 6; ++c) sig[c] = state->fluctuation[c * np + i];
      VmShears(sig, shear);
      for (int c = 0; c < VM_SHEARS; ++c) state->fluctuation[c * np + i] = shear[c];
    }
    for (int c = 0; c < VM_SHEARS; ++c) {
      PetscCall(VmTilesTake(&kmc->tiles, state->fluctuation + c * np, slot_stress));
      for (int64_t i = 0; i < slots; ++i)
        t->known[(i / VM_TILE * VM_SHEARS + c) * VM_TILE + i % VM_TILE] = slot_stress[i];
    }
    PetscCall(PetscFree(slot_stress));
  }
  state->pending = 0, state->sums = 0;
  for (int64_t i = 0; i < slots; ++i) t->summed[i] = 0;
  for (int64_t i = 0; i < kmc->tiles.count; ++i) t->unknown[i] = 0.0f;
  RenewAll(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
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
    kmc->state.sums += (int64_t)row[VM_PLANE_SUMS];
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, row[VM_PLANE_LOWEST]);
  }
  for (int64_t k = 0; k < tiles->planes; ++k) t->row[k * VM_BOUND_ROW + VM_PLANE_SUMS] = 0.0;
  t->current = true;
  kmc->profile.message_time += VmTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmThinningPrepare(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  VmThinning t = kmc->thinning;
  PetscFunctionBegin;
  if (!t->current) PetscCall(VmThinningGather(kmc));
  const double start = VmTime();
  if (state->pending < 0 || state->pending >= t->most || state->sums > SUMS_PER_REFRESH * kmc->grid->total) {
    PetscCall(Refresh(kmc));
    ++kmc->profile.refreshes;
  } else if (VmThinningDrift(kmc) > 0.999 * t->drift_margin) {
    RenewAll(kmc);
    ++kmc->profile.shifts;
  } else PetscFunctionReturn(PETSC_SUCCESS);
  kmc->profile.refresh_time += VmTime() - start;
  PetscCall(VmThinningGather(kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Charges the tiles of one plane; rows that hold near tiles are left out. True if a tile has spent its margin. */
VM_SIMD_CLONES
static bool ChargePlane(int64_t rows, int64_t columns, const float *influence, const float *row_influence, float near,
                        int64_t stride, const int64_t *row_offset, const int64_t *column_offset, bool one_run,
                        float norm, float limit, float *restrict charge, float *restrict unknown)
{
  int spent = 0;
  for (int64_t j = 0; j < rows; ++j, charge += columns, unknown += columns) {
    if (row_influence[row_offset[j]] > near) continue;
    const float *entry = influence + row_offset[j] * stride;
    if (one_run) {
      entry += column_offset[0];
      VM_NO_OVERLAP
      for (int64_t i = 0; i < columns; ++i) {
        const float cost = norm * entry[i];
        charge[i] += cost, unknown[i] += cost;
        spent |= charge[i] > limit;
      }
    } else {
      for (int64_t i = 0; i < columns; ++i) {
        const float cost = norm * entry[column_offset[i]];
        charge[i] += cost, unknown[i] += cost;
        spent |= charge[i] > limit;
      }
    }
  }
  return spent != 0;
}

/* Gives the stress of an event to the near tiles of a row, charges the others. */
static void FeelRow(VmKmc kmc, int64_t k, int64_t j, const VmKmcSource *source)
{
  VmThinning t = kmc->thinning;
  VmShearKernel kernel = t->kernel;
  const int64_t columns = kmc->tiles.columns;
  const int64_t dx = VmOffset(kmc->tiles.first + k * kmc->tiles.stride, source->at[0], kmc->grid->n[0]);
  const float *entry = kernel->influence + (dx * kmc->grid->n[1] + t->row_offset[j]) * 2 * VM_TILE_Z * kernel->columns;
  for (int64_t i = 0; i < columns; ++i) {
    const int64_t tile = (k * kmc->tiles.rows + j) * columns + i;
    const float influence = entry[t->column_offset[i]], cost = (float)t->norm * influence;
    t->charge[tile] += cost;
    if (influence > kernel->near) {
      int64_t at[3];
      TileAt(&kmc->tiles, tile, at);
      VmShearKernelAddTile(kernel, at, source->at, source->shear, t->known + tile * VM_SHEARS * VM_TILE);
      ++kmc->profile.near;
    } else t->unknown[tile] += cost;
    t->spent[k] = t->spent[k] || t->charge[tile] > t->tile_margin;
  }
}

static void FeelStress(VmKmc kmc, const VmKmcSource *source)
{
  VmThinning t = kmc->thinning;
  VmShearKernel kernel = t->kernel;
  const VmTiles *tiles = &kmc->tiles;
  const int64_t *n = kmc->grid->n, stride = 2 * VM_TILE_Z * kernel->columns;
  const double start = VmTime();

  for (int64_t j = 0; j < tiles->rows; ++j) t->row_offset[j] = VmOffset(j * VM_TILE_Y, source->at[1], n[1]);
  for (int64_t i = 0; i < tiles->columns; ++i) {
    const int64_t dz = VmOffset(i * VM_TILE_Z, source->at[2], n[2]);
    t->column_offset[i] = VmInfluenceIndex(kernel, 0, 0, dz);
  }
  for (int64_t k = 0; k < tiles->planes; ++k) {
    const int64_t dx = VmOffset(tiles->first + k * tiles->stride, source->at[0], n[0]);
    t->spent[k] = ChargePlane(tiles->rows, tiles->columns, kernel->influence + dx * n[1] * stride,
                              kernel->row_influence + dx * n[1], kernel->near, stride, t->row_offset, t->column_offset,
                              n[2] % VM_TILE_Z == 0, (float)t->norm, t->tile_margin, t->charge + k * tiles->per_plane,
                              t->unknown + k * tiles->per_plane);
  }
  const double charged = VmTime();
  for (int64_t k = 0; k < tiles->planes; ++k) {
    const int64_t dx = VmOffset(tiles->first + k * tiles->stride, source->at[0], n[0]);
    if (kernel->plane_influence[dx] <= kernel->near) continue;
    for (int64_t j = 0; j < tiles->rows; ++j)
      if (kernel->row_influence[dx * n[1] + t->row_offset[j]] > kernel->near) FeelRow(kmc, k, j, source);
  }
  kmc->profile.far_time += charged - start, kmc->profile.near_time += VmTime() - charged;
}

void VmThinningFeel(VmKmc kmc, const VmEvent *event)
{
  VmThinning t = kmc->thinning;
  VmKmcState *state = &kmc->state;
  const VmTiles *tiles = &kmc->tiles;
  const int64_t slot = VmTilesSlot(tiles, event->voxel);
  VmKmcSource *source = &state->recent[state->pending++];
  int64_t at[3];

  VmVoxelAt(kmc->grid, event->voxel, at);
  for (int d = 0; d < 3; ++d) source->at[d] = (int32_t)at[d];
  VmShears(event->strain, source->shear);
  if (kmc->interacting) FeelStress(kmc, source);
  const double start = VmTime();
  if (slot >= 0) {
    t->charge[slot / VM_TILE] = HUGE_VALF; /* its voxel has a new catalogue */
    t->spent[slot / VM_TILE / tiles->per_plane] = true;
  }
  for (int64_t k = 0; k < tiles->planes; ++k) {
    if (!t->spent[k]) continue;
    for (int64_t tile = k * tiles->per_plane; tile < (k + 1) * tiles->per_plane; ++tile)
      if (t->charge[tile] > t->tile_margin) VmThinningRenew(kmc, tile);
    t->spent[k] = false;
  }
  t->current = false;
  kmc->profile.renew_time += VmTime() - start;
}

/* What follows from the margin of the state. */
static void SetMargins(VmKmc kmc)
{
  VmThinning t = kmc->thinning;
  const double margin = kmc->state.margin;
  t->drift_margin = DRIFT_PART * margin;
  t->tile_margin = (float)((margin - t->drift_margin) * (1.0 - ROUNDING));
}

PetscErrorCode VmKmcThinningCreate(VmKmc kmc, double margin)
{
  VmGrid grid = kmc->grid;
  const VmTiles *tiles = &kmc->tiles;
  const size_t count = (size_t)tiles->count, planes = (size_t)tiles->planes;
  const double voxel = grid->spacing * grid->spacing * grid->spacing;
  VmThinning t;

  PetscFunctionBegin;
  PetscCheck(kmc->stz.softening.decaying >= 0.0, grid->comm, PETSC_ERR_SUP,
             "the finder `thinned` needs barriers that do not fall with time");
  PetscCall(PetscNew(&t));
  kmc->thinning = t;
  /* a mode gamma/2 (n m + m n) works gamma n.sig.m; its components are rounded to floats */
  t->work = VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5);
  t->norm = 0.5 * kmc->stz.strain * kmc->stz.volume / voxel * (1.0 + 1e-5);
  t->most = PetscMin(kmc->refresh, MOST_PENDING);
  kmc->state.margin = margin;
  SetMargins(kmc);
  PetscCall(PetscMalloc1((size_t)t->most, &kmc->state.recent));
  PetscCall(PetscCalloc2(count * VM_SHEARS * VM_TILE, &t->known, count * VM_TILE, &t->summed));
  PetscCall(PetscCalloc4(count, &t->charge, count, &t->unknown, count, &t->tile_rate, count, &t->tile_lowest));
  PetscCall(PetscCalloc4(planes * VM_BOUND_ROW, &t->row, (size_t)grid->n[0] * VM_BOUND_ROW, &t->rows, planes, &t->stale,
                         planes, &t->spent));
  PetscCall(PetscCalloc5((size_t)grid->n[0] * VM_BOUND_ROW, &t->gathered, (size_t)grid->size, &t->counts,
                         (size_t)grid->size, &t->starts, (size_t)tiles->rows, &t->row_offset, (size_t)tiles->columns,
                         &t->column_offset));
  PetscCall(PetscMalloc1((size_t)kmc->stz.modes, &t->mode_rate));
  for (int64_t x = 0; x < grid->n[0]; ++x) t->counts[VmTilesOwner(tiles, x)] += VM_BOUND_ROW;
  for (int r = 1; r < grid->size; ++r) t->starts[r] = t->starts[r - 1] + t->counts[r - 1];
  if (kmc->interacting) {
    PetscCall(VmShearKernelCreate(grid, kmc->kernel, NEAR_PART * margin / t->norm, &t->kernel));
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
  PetscCall(PetscFree(kmc->state.recent));
  PetscCall(PetscFree2(t->known, t->summed));
  PetscCall(PetscFree4(t->charge, t->unknown, t->tile_rate, t->tile_lowest));
  PetscCall(PetscFree4(t->row, t->rows, t->stale, t->spent));
  PetscCall(PetscFree5(t->gathered, t->counts, t->starts, t->row_offset, t->column_offset));
  PetscCall(PetscFree(t->mode_rate));
  PetscCall(PetscFree(kmc->thinning));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmKmcThinningBytes(int64_t np, const int64_t n[3]) { return VmShearKernelBytes(n) + np * (8 * 5 + 4 + 1); }

/* Field c of those saved, for a slot. */
static double *SlotField(VmKmc kmc, int c, int64_t slot, double *room)
{
  VmThinning t = kmc->thinning;
  if (c < VM_SHEARS) return &t->known[(slot / VM_TILE * VM_SHEARS + c) * VM_TILE + slot % VM_TILE];
  if (c == VM_SHEARS) return &kmc->rate[slot];
  if (c == VM_SHEARS + 1) return &kmc->lowest[slot];
  return room;
}

PetscErrorCode VmKmcThinningSave(VmKmc kmc, double *fields)
{
  VmThinning t = kmc->thinning;
  const int64_t slots = kmc->tiles.count * VM_TILE;
  double *room;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)slots, &room));
  for (int c = 0; c < VM_KMC_BOUNDS; ++c) {
    for (int64_t i = 0; i < slots; ++i) {
      double other = c == VM_SHEARS + 2   ? (double)t->summed[i]
                     : c == VM_SHEARS + 3 ? (double)t->charge[i / VM_TILE]
                                          : (double)t->unknown[i / VM_TILE];
      room[i] = *SlotField(kmc, c, i, &other);
    }
    PetscCall(VmTilesGive(&kmc->tiles, room, fields + c * kmc->grid->np));
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
  PetscCall(PetscCalloc1((size_t)slots, &room));
  for (int c = 0; c < VM_KMC_BOUNDS; ++c) {
    PetscCall(VmTilesTake(&kmc->tiles, fields + c * kmc->grid->np, room));
    for (int64_t i = 0; i < slots; ++i) {
      double other;
      *SlotField(kmc, c, i, &other) = room[i];
      if (c == VM_SHEARS + 2) t->summed[i] = (int32_t)room[i];
      /* the first slot of a tile always holds a voxel */
      if (c == VM_SHEARS + 3 && i % VM_TILE == 0) t->charge[i / VM_TILE] = (float)room[i];
      if (c == VM_SHEARS + 4 && i % VM_TILE == 0) t->unknown[i / VM_TILE] = (float)room[i];
    }
  }
  PetscCall(PetscFree(room));
  for (int64_t i = 0; i < slots; ++i)
    if (kmc->slot_ratio[i] == 0.0) kmc->rate[i] = 0.0, kmc->lowest[i] = HUGE_VAL;
  for (int64_t tile = 0; tile < kmc->tiles.count; ++tile) {
    t->tile_rate[tile] = VmSumRun(VM_TILE, kmc->rate + tile * VM_TILE), t->tile_lowest[tile] = HUGE_VAL;
    for (int i = 0; i < VM_TILE; ++i)
      t->tile_lowest[tile] = fmin(t->tile_lowest[tile], kmc->lowest[tile * VM_TILE + i]);
  }
  for (int64_t k = 0; k < kmc->tiles.planes; ++k) t->stale[k] = true;
  t->current = false;
  SetMargins(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
}
