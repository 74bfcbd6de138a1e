#include <vitromech/disorder.h>
#include <string.h>

/* Order-preserving integer of a double: keys compare as the numbers do. */
static uint64_t SortKey(double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Number of voxels, over all ranks, whose key is above the level. */
static PetscErrorCode CountAbove(VmGrid grid, const double *field, uint64_t level, int64_t *count)
{
  int64_t local = 0;
  PetscFunctionBegin;
  for (int64_t i = 0; i < grid->np; ++i) local += SortKey(field[i]) > level;
  PetscCallMPI(MPI_Allreduce(&local, count, 1, MPI_INT64_T, MPI_SUM, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmThresholdCount(VmGrid grid, const double *field, int64_t count, double *mask)
{
  PetscFunctionBegin;
  /* the lowest level that at most `count` voxels exceed, by bisection of the bits */
  uint64_t level = 0;
  for (int bit = 63; bit >= 0; --bit) {
    int64_t above;
    PetscCall(CountAbove(grid, field, (level | UINT64_C(1) << bit) - 1, &above));
    if (above > count) level |= UINT64_C(1) << bit;
  }
  int64_t above;
  PetscCall(CountAbove(grid, field, level, &above));

  /* voxels at the level itself are taken in the order of their global index until the count is full */
  int64_t ties = 0, before = 0;
  for (int64_t i = 0; i < grid->np; ++i) ties += SortKey(field[i]) == level;
  PetscCallMPI(MPI_Exscan(&ties, &before, 1, MPI_INT64_T, MPI_SUM, grid->comm));
  if (grid->rank == 0) before = 0;
  for (int64_t i = 0; i < grid->np; ++i) {
    const uint64_t key = SortKey(field[i]);
    const bool tied = key == level;
    mask[i] = key > level || (tied && above + before < count) ? 1.0 : 0.0;
    before += tied;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
