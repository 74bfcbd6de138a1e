#include "share.h"
#include <limits.h>

static int64_t Begin(int64_t n, int rank, int size) { return n / size * rank + PetscMin((int64_t)rank, n % size); }

PetscErrorCode VmShareOf(MPI_Comm comm, int64_t n, VmShare *share)
{
  int rank, size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  *share = (VmShare){Begin(n, rank, size), Begin(n, rank + 1, size)};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShareGather(MPI_Comm comm, int64_t n, int width, const double *mine, double *all)
{
  int rank, size, *count, *offset;
  MPI_Datatype row;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCheck(n <= INT_MAX, PETSC_COMM_SELF, PETSC_ERR_SUP, "more than 2^31 rows");
  PetscCall(PetscMalloc2((size_t)size, &count, (size_t)size, &offset));
  for (int r = 0; r < size; ++r) {
    offset[r] = (int)Begin(n, r, size);
    count[r] = (int)Begin(n, r + 1, size) - offset[r];
  }
  PetscCallMPI(MPI_Type_contiguous(width, MPI_DOUBLE, &row));
  PetscCallMPI(MPI_Type_commit(&row));
  PetscCallMPI(MPI_Allgatherv(mine, count[rank], row, all, count, offset, row, comm));
  PetscCallMPI(MPI_Type_free(&row));
  PetscCall(PetscFree2(count, offset));
  PetscFunctionReturn(PETSC_SUCCESS);
}
