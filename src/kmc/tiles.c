#include "tiles.h"
#include <string.h>

void VmTilesSetUp(VmGrid grid, bool dealt, VmTiles *tiles)
{
  tiles->grid = grid, tiles->dealt = dealt && grid->size > 1;
  tiles->first = grid->x0, tiles->stride = 1, tiles->planes = grid->nx;
  if (tiles->dealt) {
    tiles->first = grid->rank, tiles->stride = grid->size;
    tiles->planes = grid->rank < grid->n[0] ? (grid->n[0] - grid->rank + grid->size - 1) / grid->size : 0;
  }
  tiles->rows = (grid->n[1] + VM_TILE_Y - 1) / VM_TILE_Y, tiles->columns = (grid->n[2] + VM_TILE_Z - 1) / VM_TILE_Z;
  tiles->per_plane = tiles->rows * tiles->columns;
  tiles->count = tiles->planes * tiles->per_plane;
}

int VmTilesOwner(const VmTiles *tiles, int64_t plane)
{
  return tiles->dealt ? (int)(plane % tiles->grid->size) : VmGridOwner(tiles->grid, plane);
}

int64_t VmTilesSlot(const VmTiles *tiles, int64_t voxel)
{
  const VmGrid grid = tiles->grid;
  const int64_t x = voxel / grid->plane, y = voxel / grid->n[2] % grid->n[1], z = voxel % grid->n[2];
  const int64_t plane = (x - tiles->first) / tiles->stride;
  if (VmTilesOwner(tiles, x) != grid->rank) return -1;
  return ((plane * tiles->rows + y / VM_TILE_Y) * tiles->columns + z / VM_TILE_Z) * VM_TILE +
         y % VM_TILE_Y * VM_TILE_Z + z % VM_TILE_Z;
}

int64_t VmTilesVoxel(const VmTiles *tiles, int64_t slot)
{
  const VmGrid grid = tiles->grid;
  const int64_t tile = slot / VM_TILE, lane = slot % VM_TILE;
  const int64_t x = tiles->first + tile / tiles->per_plane * tiles->stride,
                y = tile % tiles->per_plane / tiles->columns * VM_TILE_Y + lane / VM_TILE_Z,
                z = tile % tiles->columns * VM_TILE_Z + lane % VM_TILE_Z;
  return y < grid->n[1] && z < grid->n[2] ? x * grid->plane + y * grid->n[2] + z : -1;
}

/* Copies planes [planes][n1][n2] to slots or back. */
static void Copy(const VmTiles *tiles, double *planes, double *slots, bool to_slots)
{
  const int64_t n1 = tiles->grid->n[1], n2 = tiles->grid->n[2];
  for (int64_t tile = 0; tile < tiles->count; ++tile) {
    const int64_t plane = tile / tiles->per_plane, y0 = tile % tiles->per_plane / tiles->columns * VM_TILE_Y,
                  z0 = tile % tiles->columns * VM_TILE_Z;
    const size_t bytes = sizeof(double) * (size_t)PetscMin(VM_TILE_Z, n2 - z0);
    for (int64_t y = y0; y < PetscMin(y0 + VM_TILE_Y, n1); ++y) {
      double *row = planes + (plane * n1 + y) * n2 + z0, *lanes = slots + tile * VM_TILE + (y - y0) * VM_TILE_Z;
      if (to_slots) memcpy(lanes, row, bytes);
      else memcpy(row, lanes, bytes);
    }
  }
}

/* Planes of the slab to the ranks they are dealt to, or back. Of what a rank sends or gets, the planes of one other
 * rank stand together, in their order; dealt planes then stand in the order of the rank that owns them. */
static PetscErrorCode Deal(const VmTiles *tiles, bool out, const double *from, double *to)
{
  const VmGrid grid = tiles->grid;
  const int size = grid->size;
  int *slab, *dealt, *slab_start, *dealt_start;
  MPI_Datatype plane;

  PetscFunctionBegin;
  PetscCall(
      PetscCalloc4((size_t)size, &slab, (size_t)size, &dealt, (size_t)size, &slab_start, (size_t)size, &dealt_start));
  for (int64_t x = grid->x0; x < grid->x0 + grid->nx; ++x) ++slab[VmTilesOwner(tiles, x)];
  for (int64_t k = 0; k < tiles->planes; ++k) ++dealt[VmGridOwner(grid, tiles->first + k * tiles->stride)];
  for (int r = 1; r < size; ++r)
    slab_start[r] = slab_start[r - 1] + slab[r - 1], dealt_start[r] = dealt_start[r - 1] + dealt[r - 1];
  PetscCallMPI(MPI_Type_contiguous((int)grid->plane, MPI_DOUBLE, &plane));
  PetscCallMPI(MPI_Type_commit(&plane));
  PetscCallMPI(MPI_Alltoallv(from, out ? slab : dealt, out ? slab_start : dealt_start, plane, to, out ? dealt : slab,
                             out ? dealt_start : slab_start, plane, grid->comm));
  PetscCallMPI(MPI_Type_free(&plane));
  PetscCall(PetscFree4(slab, dealt, slab_start, dealt_start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sorts the planes of the slab by the rank they are dealt to, or back. */
static void Sort(const VmTiles *tiles, double *field, double *sorted, bool forward)
{
  const VmGrid grid = tiles->grid;
  const size_t bytes = sizeof(double) * (size_t)grid->plane;
  int64_t next = 0;
  for (int r = 0; r < grid->size; ++r)
    for (int64_t x = grid->x0; x < grid->x0 + grid->nx; ++x) {
      if (VmTilesOwner(tiles, x) != r) continue;
      double *plane = field + (x - grid->x0) * grid->plane, *place = sorted + next++ * grid->plane;
      if (forward) memcpy(place, plane, bytes);
      else memcpy(plane, place, bytes);
    }
}

PetscErrorCode VmTilesTake(const VmTiles *tiles, const double *field, double *slots)
{
  double *sorted, *planes;
  PetscFunctionBegin;
  if (!tiles->dealt) {
    Copy(tiles, (double *)field, slots, true);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc2((size_t)tiles->grid->np, &sorted, (size_t)(tiles->planes * tiles->grid->plane), &planes));
  Sort(tiles, (double *)field, sorted, true);
  PetscCall(Deal(tiles, true, sorted, planes));
  Copy(tiles, planes, slots, true);
  PetscCall(PetscFree2(sorted, planes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmTilesGive(const VmTiles *tiles, const double *slots, double *field)
{
  double *sorted, *planes;
  PetscFunctionBegin;
  if (!tiles->dealt) {
    Copy(tiles, field, (double *)slots, false);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc2((size_t)tiles->grid->np, &sorted, (size_t)(tiles->planes * tiles->grid->plane), &planes));
  Copy(tiles, planes, (double *)slots, false);
  PetscCall(Deal(tiles, false, planes, sorted));
  Sort(tiles, field, sorted, false);
  PetscCall(PetscFree2(sorted, planes));
  PetscFunctionReturn(PETSC_SUCCESS);
}
