/* Order in which the kinetic Monte Carlo holds its voxels: tiles of 1 x 4 x 8 voxels of one plane, contiguous, so that
 * what one tile needs is read in one stream. Tiles at the ends of rows and columns are filled up with slots of no
 * voxel. Planes belong to ranks in slabs (as in the grid), or dealt out one by one, so that the surroundings of an
 * event are shared by all ranks. */
#ifndef VM_TILES_H
#define VM_TILES_H

#include <vitromech/grid.h>

enum { VM_TILE_Y = 4, VM_TILE_Z = 8, VM_TILE = VM_TILE_Y * VM_TILE_Z };

typedef struct {
  VmGrid grid;
  bool dealt;
  int64_t first, stride, planes; /* planes of this rank: first + k stride, k < planes */
  int64_t rows, columns;         /* tiles along y and z */
  int64_t per_plane, count;      /* tiles of a plane and of this rank */
} VmTiles;

/** Not collective. */
void VmTilesSetUp(VmGrid grid, bool dealt, VmTiles *tiles);

/** Rank that owns a plane. Not collective. */
int VmTilesOwner(const VmTiles *tiles, int64_t plane);

/** Slot of a global voxel, -1 if it is another rank's. Not collective. */
int64_t VmTilesSlot(const VmTiles *tiles, int64_t voxel);

/** Global voxel of a slot, -1 if it holds none. Not collective. */
int64_t VmTilesVoxel(const VmTiles *tiles, int64_t slot);

/** A field [np] of the grid to slots [count VM_TILE] (those of no voxel are left alone), and back. Collective. */
PetscErrorCode VmTilesTake(const VmTiles *tiles, const double *field, double *slots);
PetscErrorCode VmTilesGive(const VmTiles *tiles, const double *slots, double *field);

#endif
