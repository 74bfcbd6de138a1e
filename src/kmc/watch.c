/* Barriers of the finder `thinned` that are about to vanish or have vanished: a cascade of events at one instant needs
 * no candidates, but the lowest of all barriers. Tiles and voxels are passed over by how low it can be at least. */
#include "rates.h"
#include "thinning.h"
#include <math.h>

/* The mode of lowest true reserve of those that were looked at, ties by global index. */
typedef struct {
  double left; /* eV */
  int64_t voxel, slot, mode;
} Lowest;

/* The lowest reserve of a tile, or of a slot, beyond the margin for the load is now at least this [eV]. */
static double LeastOfTile(VmKmc kmc, int64_t tile)
{
  const VmThinning t = kmc->thinning;
  return t->least[tile] - t->work * (double)t->charge[tile];
}
static double Least(VmKmc kmc, int64_t slot)
{
  const VmThinning t = kmc->thinning;
  return kmc->lowest[slot] + t->work * (double)t->limit[slot] - t->work * (double)t->charge[slot / VM_TILE];
}

/* What a reserve beyond that margin is short of the reserve now [eV]. */
static double Ahead(VmKmc kmc)
{
  const VmThinning t = kmc->thinning;
  return t->work * (t->drift_margin - VmThinningDrift(kmc));
}

/* First tile from this one on in which that is at most `bar`; the number of tiles if there is none. */
static int64_t NextTile(VmKmc kmc, int64_t tile, double bar)
{
  const VmThinning t = kmc->thinning;
  const int64_t per_plane = kmc->tiles.per_plane;
  for (; tile < kmc->tiles.count; ++tile) {
    if (tile % per_plane == 0 && t->row[tile / per_plane * VM_BOUND_ROW + VM_PLANE_LOWEST] > bar) tile += per_plane - 1;
    else if (LeastOfTile(kmc, tile) <= bar) return tile;
  }
  return tile;
}

/* Looks at the voxels of a tile that may have less than the lowest so far. What is summed of their stress is not kept:
 * which they are depends on the other voxels of this rank. */
static void LookForLowest(VmKmc kmc, int64_t tile, double until, double ahead, Lowest *lowest)
{
  const double *mean = kmc->state.mean.stress;
  for (int64_t slot = tile * VM_TILE; slot < (tile + 1) * VM_TILE; ++slot) {
    double shears[VM_STRESSES], drive[5];
    int64_t mode;
    if (Least(kmc, slot) > lowest->left - ahead) continue;
    VmThinningSum(kmc, slot, shears);
    VmExpansionAdd(kmc, slot, kmc->state.mean.time, shears);
    VmThinningDrives(mean, shears, drive);
    const double factor = VmKmcEffectFrom(kmc, slot, kmc->state.mean.time, until).factor,
                 left = VmKmcLowestReserve(kmc, slot, factor, VmPressureWork(kmc, mean, shears[VM_FELT]), drive, &mode);
    const int64_t voxel = VmTilesVoxel(&kmc->tiles, slot);
    if (left > lowest->left || (left == lowest->left && voxel > lowest->voxel)) continue;
    *lowest = (Lowest){.left = left, .voxel = voxel, .slot = slot, .mode = mode};
  }
}

PetscErrorCode VmThinningWatch(VmKmc kmc, double watched, double until, double *lowest, VmChoice *choice)
{
  const VmTiles *tiles = &kmc->tiles;
  const double ahead = Ahead(kmc);
  Lowest mine = {.left = watched, .voxel = INT64_MAX};
  int64_t voxel, first = 0;

  PetscFunctionBegin;
  choice->accepted = 0.0;
  for (int64_t tile = 0; tile < tiles->count; ++tile)
    if (LeastOfTile(kmc, tile) < LeastOfTile(kmc, first)) first = tile;
  if (tiles->count > 0) LookForLowest(kmc, first, until, ahead, &mine);
  for (int64_t tile = 0; (tile = NextTile(kmc, tile, mine.left - ahead)) < tiles->count; ++tile)
    LookForLowest(kmc, tile, until, ahead, &mine);
  PetscCallMPI(MPI_Allreduce(&mine.left, lowest, 1, MPI_DOUBLE, MPI_MIN, kmc->grid->comm));
  if (*lowest > VM_NO_BARRIER) PetscFunctionReturn(PETSC_SUCCESS);
  if (mine.left != *lowest) mine.voxel = INT64_MAX;
  PetscCallMPI(MPI_Allreduce(&mine.voxel, &voxel, 1, MPI_INT64_T, MPI_MIN, kmc->grid->comm));
  if (voxel == mine.voxel) {
    VmKmcModeStrain(kmc, mine.slot, (int)mine.mode, choice->eps);
    choice->voxel = voxel, choice->mode = mine.mode, choice->accepted = 1.0;
  }
  PetscCallMPI(
      MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmTilesOwner(tiles, voxel / kmc->grid->plane), kmc->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmThinningWatched(VmKmc kmc, double lowest)
{
  const VmThinning t = kmc->thinning;
  const double bar = lowest - Ahead(kmc);
  for (int64_t tile = 0; (tile = NextTile(kmc, tile, bar)) < kmc->tiles.count; ++tile) {
    double *row = t->row + tile / kmc->tiles.per_plane * VM_BOUND_ROW;
    for (int64_t slot = tile * VM_TILE; slot < (tile + 1) * VM_TILE; ++slot) {
      double shears[VM_STRESSES];
      if (Least(kmc, slot) > bar) continue;
      row[VM_PLANE_SUMS] += (double)VmThinningSum(kmc, slot, shears);
      row[VM_PLANE_WORK] += VM_CANDIDATE_WORK;
      VmThinningKeep(kmc, slot, shears);
      ++kmc->profile.exact;
      if (lowest > VM_NO_BARRIER) continue;
      VmThinningRenew(kmc, slot);
      row[VM_PLANE_WORK] += VM_RENEWAL_WORK;
    }
  }
  t->current = false; /* work has been counted */
}
