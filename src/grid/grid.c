/* Slabs of x-planes (and of ky-planes in spectral space), cut where FFTW3-MPI cuts them. */
#include <vitromech/grid.h>
#include <fftw3-mpi.h>
#include <limits.h>
#include <math.h>

static PetscErrorCode CheckExtents(MPI_Comm comm, const int64_t n[3], double spacing)
{
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) {
    if (n[d] < 1 || n[d] > INT_MAX / 4) {
      VmThrow(comm, VM_ERR_INPUT, "grid of %lld x %lld x %lld voxels: each extent must be 1 to %d", (long long)n[0],
              (long long)n[1], (long long)n[2], INT_MAX / 4);
    }
  }
  if (!((double)n[0] * (double)n[1] * (double)(n[2] + 2) < 1e15)) {
    VmThrow(comm, VM_ERR_INPUT, "grid of %lld x %lld x %lld voxels does not fit in any memory", (long long)n[0],
            (long long)n[1], (long long)n[2]);
  }
  if (!(spacing > 0.0) || isinf(spacing)) {
    VmThrow(comm, VM_ERR_INPUT, "voxel edge of %g nm: must be positive and finite", spacing);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGridCreate(MPI_Comm comm, const int64_t n[3], double spacing, VmGrid *grid)
{
  VmGrid g;

  PetscFunctionBegin;
  *grid = NULL;
  PetscCall(CheckExtents(comm, n, spacing));
  PetscCall(PetscNew(&g));
  g->comm = comm;
  PetscCallMPI(MPI_Comm_rank(comm, &g->rank));
  PetscCallMPI(MPI_Comm_size(comm, &g->size));
  g->spacing = spacing;
  for (int d = 0; d < 3; ++d) {
    g->n[d] = n[d];
    g->length[d] = (double)n[d] * spacing;
  }
  g->nzc = n[2] / 2 + 1;
  g->plane = n[1] * n[2];
  g->total = n[0] * g->plane;

  const ptrdiff_t matrix[2] = {(ptrdiff_t)n[0], (ptrdiff_t)n[1]};
  ptrdiff_t nx, x0, ny, y0;
  fftw_mpi_init();
  fftw_mpi_local_size_many_transposed(2, matrix, (ptrdiff_t)(2 * g->nzc), FFTW_MPI_DEFAULT_BLOCK,
                                      FFTW_MPI_DEFAULT_BLOCK, comm, &nx, &x0, &ny, &y0);
  g->nx = nx;
  g->x0 = nx ? x0 : n[0];
  g->ny = ny;
  g->y0 = ny ? y0 : n[1];
  g->np = g->nx * g->plane;
  VmAssert(nx == 0 || (VmGridOwner(g, x0) == g->rank && VmGridOwner(g, x0 + nx - 1) == g->rank));
  *grid = g;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGridDestroy(VmGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int64_t Block(VmGrid grid, int axis) { return (grid->n[axis] + grid->size - 1) / grid->size; }

int VmGridOwner(VmGrid grid, int64_t x) { return (int)(x / Block(grid, 0)); }

/* Number of planes across `axis` and first of them of each rank, for the v-collectives. */
static PetscErrorCode Layout(VmGrid grid, int axis, int **counts, int **starts)
{
  const int64_t block = Block(grid, axis);

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)grid->size, counts, (size_t)grid->size, starts));
  for (int r = 0; r < grid->size; ++r) {
    const int64_t first = PetscMin(r * block, grid->n[axis]);
    (*starts)[r] = (int)first;
    (*counts)[r] = (int)(PetscMin(first + block, grid->n[axis]) - first);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of `width` doubles, one per plane across `axis`, to rank 0 or to everyone. */
static PetscErrorCode CollectPlanes(VmGrid grid, int axis, int64_t width, const double *local, bool everywhere,
                                    double *whole)
{
  const int count = (int)(axis == 0 ? grid->nx : grid->ny);
  MPI_Datatype row;
  int *counts, *starts;

  PetscFunctionBegin;
  VmAssert(width <= INT_MAX);
  PetscCall(Layout(grid, axis, &counts, &starts));
  PetscCallMPI(MPI_Type_contiguous((int)width, MPI_DOUBLE, &row));
  PetscCallMPI(MPI_Type_commit(&row));
  if (everywhere) {
    PetscCallMPI(MPI_Allgatherv(local, count, row, whole, counts, starts, row, grid->comm));
  } else {
    PetscCallMPI(MPI_Gatherv(local, count, row, whole, counts, starts, row, 0, grid->comm));
  }
  PetscCallMPI(MPI_Type_free(&row));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGatherPlanes(VmGrid grid, int nq, const double *partial, double *all)
{
  PetscFunctionBegin;
  PetscCall(CollectPlanes(grid, 0, nq, partial, true, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGatherModes(VmGrid grid, int nq, const double *partial, double *all)
{
  PetscFunctionBegin;
  PetscCall(CollectPlanes(grid, 1, nq, partial, true, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFieldGather(VmGrid grid, const double *field, bool everywhere, double *whole)
{
  PetscFunctionBegin;
  PetscCall(CollectPlanes(grid, 0, grid->plane, field, everywhere, whole));
  PetscFunctionReturn(PETSC_SUCCESS);
}
