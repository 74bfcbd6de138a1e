/* What an event does to the bounds: near tiles take its stress, all others are charged. */
#include "thinning.h"
#include <vitromech/simd.h>
#include <vitromech/timer.h>
#include <math.h>

/* Charges the tiles of one plane; rows that hold near tiles are left out. True if a charge comes to its trigger. */
VM_SIMD_CLONES
static bool ChargePlane(int64_t rows, int64_t columns, const float *influence, const float *row_influence, float near,
                        int64_t stride, const int64_t *row_offset, const int64_t *column_offset, bool one_run,
                        float norm, const float *restrict trigger, float *restrict charge)
{
  int due = 0;
  for (int64_t j = 0; j < rows; ++j, charge += columns, trigger += columns) {
    if (row_influence[row_offset[j]] > near) continue;
    const float *entry = influence + row_offset[j] * stride;
    if (one_run) {
      entry += column_offset[0];
      VM_NO_OVERLAP
      for (int64_t i = 0; i < columns; ++i) {
        charge[i] += norm * entry[i];
        due |= charge[i] >= trigger[i];
      }
    } else {
      for (int64_t i = 0; i < columns; ++i) {
        charge[i] += norm * entry[column_offset[i]];
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
  const float *entry = kernel->influence + (dx * kmc->grid->n[1] + t->row_offset[j]) * 2 * VM_TILE_Z * kernel->columns;
  for (int64_t i = 0; i < columns; ++i) {
    const int64_t tile = (k * kmc->tiles.rows + j) * columns + i;
    const float influence = entry[t->column_offset[i]];
    if (influence > kernel->near) {
      int64_t at[3];
      VmTileAt(&kmc->tiles, tile, at);
      VmShearKernelAddTile(kernel, at, source->at, source->shear, t->known + tile * VM_SHEARS * VM_TILE);
      VmThinningLimits(kmc, tile);
      ++kmc->profile.near;
    } else t->charge[tile] += (float)t->norm * influence;
    t->due[k] = t->due[k] || t->charge[tile] >= t->trigger[tile];
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
    t->due[k] = ChargePlane(tiles->rows, tiles->columns, kernel->influence + dx * n[1] * stride,
                            kernel->row_influence + dx * n[1], kernel->near, stride, t->row_offset, t->column_offset,
                            n[2] % VM_TILE_Z == 0, (float)t->norm, t->trigger + k * tiles->per_plane,
                            t->charge + k * tiles->per_plane);
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
