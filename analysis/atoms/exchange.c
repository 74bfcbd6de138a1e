#include "exchange.h"
#include <limits.h>
#include <string.h>

static PetscErrorCode Offsets(int size, const int64_t *counts, int *count, int *offset, int64_t *total)
{
  PetscFunctionBegin;
  *total = 0;
  for (int r = 0; r < size; ++r) {
    PetscCheck(*total + counts[r] <= INT_MAX, PETSC_COMM_SELF, PETSC_ERR_SUP, "more than 2^31 records on one rank");
    count[r] = (int)counts[r];
    offset[r] = (int)*total;
    *total += counts[r];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmExchange(MPI_Comm comm, size_t item, const int64_t *to, const void *send, int64_t *from,
                          void **received)
{
  int size;
  int *counts;
  int64_t sent, total;
  MPI_Datatype type;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Alltoall(to, 1, MPI_INT64_T, from, 1, MPI_INT64_T, comm));
  PetscCall(PetscMalloc1((size_t)size * 4, &counts));
  PetscCall(Offsets(size, to, counts, counts + size, &sent));
  PetscCall(Offsets(size, from, counts + 2 * size, counts + 3 * size, &total));
  PetscCall(PetscMalloc((size_t)total * item, received));
  PetscCallMPI(MPI_Type_contiguous((int)item, MPI_BYTE, &type));
  PetscCallMPI(MPI_Type_commit(&type));
  PetscCallMPI(
      MPI_Alltoallv(send, counts, counts + size, type, *received, counts + 2 * size, counts + 3 * size, type, comm));
  PetscCallMPI(MPI_Type_free(&type));
  PetscCall(PetscFree(counts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Least significant digit first, 16 bits a pass, only as many passes as the largest key needs. */
PetscErrorCode VmSortOrder(int64_t n, const int64_t *keys, int64_t **order)
{
  enum { BITS = 16, BUCKETS = 1 << BITS };
  int64_t *a, *b, *start, largest = 0;
  bool sorted = true;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &a));
  for (int64_t i = 0; i < n; ++i) {
    a[i] = i;
    if (keys[i] > largest) largest = keys[i];
    if (i > 0 && keys[i] < keys[i - 1]) sorted = false;
  }
  *order = a;
  if (sorted) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2((size_t)n, &b, BUCKETS + 1, &start));
  int64_t *in = a, *out = b;
  for (int shift = 0; shift < 63 && (largest >> shift) > 0; shift += BITS) {
    memset(start, 0, (BUCKETS + 1) * sizeof *start);
    for (int64_t i = 0; i < n; ++i) ++start[((keys[i] >> shift) & (BUCKETS - 1)) + 1];
    for (int64_t k = 0; k < BUCKETS; ++k) start[k + 1] += start[k];
    for (int64_t i = 0; i < n; ++i) out[start[(keys[in[i]] >> shift) & (BUCKETS - 1)]++] = in[i];
    int64_t *swap = in;
    in = out;
    out = swap;
  }
  if (in != a) memcpy(a, in, (size_t)n * sizeof *a);
  PetscCall(PetscFree2(b, start));
  PetscFunctionReturn(PETSC_SUCCESS);
}
