/* Reductions over planes in the order of the global planes: the same bits on any number of ranks. */
#include <vitromech/grid.h>
#include <math.h>

enum { LANES = 8 };

static double AddLanes(const double lane[LANES])
{
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double VmSumRun(int64_t n, const double *values)
{
  double lane[LANES] = {0.0};
  const int64_t whole = n - n % LANES;
  for (int64_t i = 0; i < whole; i += LANES) {
    for (int j = 0; j < LANES; ++j) lane[j] += values[i + j];
  }
  for (int64_t i = whole; i < n; ++i) lane[i - whole] += values[i];
  return AddLanes(lane);
}

static double ProductRun(int64_t n, const double *a, const double *b)
{
  double lane[LANES] = {0.0};
  const int64_t whole = n - n % LANES;
  for (int64_t i = 0; i < whole; i += LANES) {
    for (int j = 0; j < LANES; ++j) lane[j] += a[i + j] * b[i + j];
  }
  for (int64_t i = whole; i < n; ++i) lane[i - whole] += a[i] * b[i];
  return AddLanes(lane);
}

/* Adds rows [rows][nq] one after another. */
static void AddRows(int64_t rows, int nq, const double *all, double *total)
{
  for (int q = 0; q < nq; ++q) total[q] = 0.0;
  for (int64_t x = 0; x < rows; ++x) {
    for (int q = 0; q < nq; ++q) total[q] += all[x * nq + q];
  }
}

PetscErrorCode VmSumPlanes(VmGrid grid, int nq, const double *partial, double *total)
{
  double *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->n[0] * (size_t)nq, &all));
  PetscCall(VmGatherPlanes(grid, nq, partial, all));
  AddRows(grid->n[0], nq, all, total);
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSumModes(VmGrid grid, int nq, const double *partial, double *total)
{
  double *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->n[1] * (size_t)nq, &all));
  PetscCall(VmGatherModes(grid, nq, partial, all));
  AddRows(grid->n[1], nq, all, total);
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSumField(VmGrid grid, const double *field, double *sum)
{
  double *partial;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->nx, &partial));
  for (int64_t x = 0; x < grid->nx; ++x) partial[x] = VmSumRun(grid->plane, field + x * grid->plane);
  PetscCall(VmSumPlanes(grid, 1, partial, sum));
  PetscCall(PetscFree(partial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSumProduct(VmGrid grid, const double *a, const double *b, double *sum)
{
  double *partial;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->nx, &partial));
  for (int64_t x = 0; x < grid->nx; ++x) {
    partial[x] = ProductRun(grid->plane, a + x * grid->plane, b + x * grid->plane);
  }
  PetscCall(VmSumPlanes(grid, 1, partial, sum));
  PetscCall(PetscFree(partial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFieldRange(VmGrid grid, const double *field, double *min, double *max)
{
  double local[2] = {-INFINITY, -INFINITY}, all[2]; /* -min, max */

  PetscFunctionBegin;
  for (int64_t i = 0; i < grid->np; ++i) {
    if (-field[i] > local[0]) local[0] = -field[i];
    if (field[i] > local[1]) local[1] = field[i];
  }
  PetscCallMPI(MPI_Allreduce(local, all, 2, MPI_DOUBLE, MPI_MAX, grid->comm));
  *min = -all[0];
  *max = all[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}
