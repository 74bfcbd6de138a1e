/* What an event does to the bounds: near tiles take its stress, all others are charged. */
#include "thinning.h"
#include <vitromech/simd.h>
#include <vitromech/timer.h>
#include <math.h>

/* Where the entries for the tiles of a plane stand: row[j] + column[i], and those of the next plane, which memory is
 * asked for meanwhile. */
typedef struct {
  const VmInfluence *entry, *next;
  const int64_t *row, *column;
  bool one_run; /* columns are consecutive */
} Entries;

/* Charges the tiles of one plane; rows that hold near tiles are left out. True if a charge comes to its trigger. */
VM_SIMD_CLONES
static bool ChargePlane(int64_t rows, int64_t columns, const Entries *entries, const bool *near, float norm,
                        const float *restrict trigger, float *restrict charge)
{
  int due = 0;
  for (int64_t j = 0; j < rows; ++j, charge += columns, trigger += columns) {
    const VmInfluence *entry = entries->entry + entries->row[j];
    if (near[j]) continue;
    if (entries->one_run) {
      entry += entries->column[0];
      __builtin_prefetch(entries->next + entries->row[j] + entries->column[0]);
      VM_NO_OVERLAP
      for (int64_t i = 0; i < columns; ++i) {
        charge[i] += norm * VmInfluenceValue(entry[i]);
        due |= charge[i] >= trigger[i];
      }
    } else {
      for (int64_t i = 0; i < columns; ++i) {
        charge[i] += norm * VmInfluenceValue(entry[entries->column[i]]);
        due |= charge[i] >= trigger[i];
      }
    }
  }
  return due != 0;
}

/* Gives the stress of an event to the near tiles of a row, charges the others. */
static void FeelRow(VmKmc kmc, int64_t k, int64_t j, const VmKmcSource *source)
{
  VmThinning t = kmc->thinning;
  VmShearKernel kernel = t->kernel;
  const int64_t columns = kmc->tiles.columns;
  const int64_t dx = VmOffset(kmc->tiles.first + k * kmc->tiles.stride, source->at[0], kmc->grid->n[0]);
  const VmInfluence *entry = kernel->influence + VmInfluencePlane(kernel, dx) + t->row_entry[j];
  for (int64_t i = 0; i < columns; ++i) {
    const int64_t tile = (k * kmc->tiles.rows + j) * columns + i;
    const float influence = VmInfluenceValue(entry[t->column_entry[i]]);
    if (influence > kernel->near) {
      int64_t at[3];
      VmTileAt(&kmc->tiles, tile, at);
      VmShearKernelAddTile(kernel, at, source->at, source->shear, t->known + tile * VM_SHEARS * VM_TILE);
      VmPressureAddTile(kmc, tile, source);
      VmThinningLimits(kmc, tile);
      ++kmc->profile.near;
    } else t->charge[tile] += (float)t->norm * influence;
    t->due[k] = t->due[k] || t->charge[tile] >= t->trigger[tile];
  }
}

/* Which rows of a plane at an offset hold near tiles; false if none does. */
static bool NearRows(VmKmc kmc, int64_t dx)
{
  VmThinning t = kmc->thinning;
  const VmShearKernel kernel = t->kernel;
  const int64_t rows = kmc->tiles.rows;
  const bool any = kernel->plane_influence[dx] > kernel->near;
  for (int64_t j = 0; j < rows; ++j)
    t->near_row[j] = any && kernel->row_influence[dx * kmc->grid->n[1] + t->row_offset[j]] > kernel->near;
  return any;
}

static void FeelStress(VmKmc kmc, const VmKmcSource *source)
{
  VmThinning t = kmc->thinning;
  VmShearKernel kernel = t->kernel;
  const VmTiles *tiles = &kmc->tiles;
  const int64_t *n = kmc->grid->n;
  const double start = VmTime();
  Entries entries = {.row = t->row_entry, .column = t->column_entry, .one_run = n[2] % VM_TILE_Z == 0};

  for (int64_t j = 0; j < tiles->rows; ++j) {
    t->row_offset[j] = VmOffset(j * VM_TILE_Y, source->at[1], n[1]);
    t->row_entry[j] = VmInfluenceRow(kernel, t->row_offset[j]);
  }
  for (int64_t i = 0; i < tiles->columns; ++i)
    t->column_entry[i] = VmInfluenceColumn(kernel, VmOffset(i * VM_TILE_Z, source->at[2], n[2]));
  for (int64_t k = 0; k < tiles->planes; ++k) {
    const int64_t x = tiles->first + k * tiles->stride, dx = VmOffset(x, source->at[0], n[0]),
                  next = VmOffset((x + tiles->stride) % n[0], source->at[0], n[0]);
    NearRows(kmc, dx);
    entries.entry = kernel->influence + VmInfluencePlane(kernel, dx);
    entries.next = kernel->influence + VmInfluencePlane(kernel, next);
    t->due[k] = ChargePlane(tiles->rows, tiles->columns, &entries, t->near_row, (float)t->norm,
                            t->trigger + k * tiles->per_plane, t->charge + k * tiles->per_plane);
  }
  const double charged = VmTime();
  for (int64_t k = 0; k < tiles->planes; ++k) {
    if (!NearRows(kmc, VmOffset(tiles->first + k * tiles->stride, source->at[0], n[0]))) continue;
    for (int64_t j = 0; j < tiles->rows; ++j)
      if (t->near_row[j]) FeelRow(kmc, k, j, source);
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
  VmShearSourcesSet(&t->sources, state->pending - 1, source);
  if (kmc->interacting) FeelStress(kmc, source);
  const double start = VmTime();
  if (slot >= 0) { /* its voxel has a new catalogue */
    t->limit[slot] = t->trigger[slot / VM_TILE] = -1.0f;
    t->due[slot / VM_TILE / tiles->per_plane] = true;
  }
  for (int64_t k = 0; k < tiles->planes; ++k) {
    if (!t->due[k]) continue;
    for (int64_t tile = k * tiles->per_plane; tile < (k + 1) * tiles->per_plane; ++tile)
      if (t->charge[tile] >= t->trigger[tile]) VmThinningLook(kmc, tile);
    t->due[k] = false;
  }
  t->current = false;
  kmc->profile.renew_time += VmTime() - start;
}
