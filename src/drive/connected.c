#include "connected.h"
#include <vitromech/clusters.h>

static PetscErrorCode Gather(VmGrid grid, const uint8_t *mark, uint8_t *whole)
{
  MPI_Datatype plane;
  int *counts, *starts;
  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)grid->size, &counts, (size_t)grid->size, &starts));
  for (int64_t x = 0; x < grid->n[0]; ++x) ++counts[VmGridOwner(grid, x)];
  for (int r = 1; r < grid->size; ++r) starts[r] = starts[r - 1] + counts[r - 1];
  PetscCallMPI(MPI_Type_contiguous((int)grid->plane, MPI_BYTE, &plane));
  PetscCallMPI(MPI_Type_commit(&plane));
  PetscCallMPI(MPI_Gatherv(mark, (int)grid->nx, plane, whole, counts, starts, plane, 0, grid->comm));
  PetscCallMPI(MPI_Type_free(&plane));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(VmGrid grid, const uint8_t *whole, VmConnected *result)
{
  int64_t marked = 0, largest = 0;
  bool around[3] = {false};
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(VmClustersCreate(3, grid->n, true, VM_CONNECT_FACES, whole, &clusters));
  for (int64_t i = 0; i < clusters.count; ++i) {
    marked += clusters.size[i], largest = PetscMax(largest, clusters.size[i]);
    for (int d = 0; d < 3; ++d) around[d] |= clusters.spans[i][d];
  }
  PetscCall(VmClustersDestroy(&clusters));
  result->fraction = (double)marked / (double)grid->total, result->largest = (double)largest / (double)grid->total;
  result->axes = around[0] + around[1] + around[2];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmConnect(VmGrid grid, const uint8_t *mark, VmConnected *result)
{
  uint8_t *whole = NULL;
  PetscFunctionBegin;
  if (grid->rank == 0) PetscCall(PetscMalloc1((size_t)grid->total, &whole));
  PetscCall(Gather(grid, mark, whole));
  PetscCall(VmAgree(grid->comm, grid->rank == 0 ? Measure(grid, whole, result) : PETSC_SUCCESS));
  PetscCallMPI(MPI_Bcast(result, sizeof *result, MPI_BYTE, 0, grid->comm));
  PetscCall(PetscFree(whole));
  PetscFunctionReturn(PETSC_SUCCESS);
}
