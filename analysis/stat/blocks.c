/* A node (level, index) of the tree covers blocks [index << level, (index + 1) << level). Only siblings are merged, so
 * the value of a node does not depend on who computed it; each rank keeps the few largest nodes of its own run of
 * blocks. */
#include "blocks.h"

#define NODES_MAX 130 /* two for each level of a 64-bit count */

typedef struct {
  int64_t level, index;
  double *values;
} Node;

struct VmBlocks_s {
  size_t n;
  VmBlockMerge merge;
  void *context;
  int count;
  Node nodes[NODES_MAX]; /* [0, count) hold sums; any beyond may own a vector for reuse */
};

PetscErrorCode VmBlocksCreate(size_t n, VmBlockMerge merge, void *context, VmBlocks *blocks)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(blocks));
  (*blocks)->n = n;
  (*blocks)->merge = merge;
  (*blocks)->context = context;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBlocksDestroy(VmBlocks *blocks)
{
  PetscFunctionBegin;
  if (!*blocks) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < NODES_MAX; ++i) PetscCall(PetscFree((*blocks)->nodes[i].values));
  PetscCall(PetscFree(*blocks));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBlocksNext(VmBlocks blocks, double **values)
{
  PetscFunctionBegin;
  PetscCheck(blocks->count < NODES_MAX, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many nodes");
  Node *node = &blocks->nodes[blocks->count];
  if (!node->values) PetscCall(PetscMalloc1(blocks->n, &node->values));
  if (blocks->n) PetscCall(PetscArrayzero(node->values, blocks->n));
  *values = node->values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes the vector at the top in as a node and merges siblings as long as there are any. */
static void Take(VmBlocks blocks, int64_t level, int64_t index)
{
  blocks->nodes[blocks->count].level = level;
  blocks->nodes[blocks->count++].index = index;
  while (blocks->count >= 2) {
    Node *left = &blocks->nodes[blocks->count - 2], *right = &blocks->nodes[blocks->count - 1];
    if (left->level != right->level || left->index % 2 != 0 || right->index != left->index + 1) return;
    blocks->merge(blocks->context, left->values, right->values);
    ++left->level;
    left->index /= 2;
    --blocks->count;
  }
}

PetscErrorCode VmBlocksPush(VmBlocks blocks, int64_t index)
{
  PetscFunctionBegin;
  Take(blocks, 0, index);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Receive(MPI_Comm comm, int source, VmBlocks blocks)
{
  int64_t count, where[2];
  PetscMPIInt n;
  double *values;
  PetscFunctionBegin;
  PetscCall(PetscMPIIntCast((PetscInt)blocks->n, &n));
  PetscCallMPI(MPI_Recv(&count, 1, MPI_INT64_T, source, 0, comm, MPI_STATUS_IGNORE));
  for (int64_t i = 0; i < count; ++i) {
    PetscCall(VmBlocksNext(blocks, &values));
    PetscCallMPI(MPI_Recv(where, 2, MPI_INT64_T, source, 1, comm, MPI_STATUS_IGNORE));
    PetscCallMPI(MPI_Recv(values, n, MPI_DOUBLE, source, 2, comm, MPI_STATUS_IGNORE));
    Take(blocks, where[0], where[1]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Send(MPI_Comm comm, VmBlocks blocks)
{
  const int64_t count = blocks->count;
  PetscMPIInt n;
  PetscFunctionBegin;
  PetscCall(PetscMPIIntCast((PetscInt)blocks->n, &n));
  PetscCallMPI(MPI_Send(&count, 1, MPI_INT64_T, 0, 0, comm));
  for (int i = 0; i < blocks->count; ++i) {
    const int64_t where[2] = {blocks->nodes[i].level, blocks->nodes[i].index};
    PetscCallMPI(MPI_Send(where, 2, MPI_INT64_T, 0, 1, comm));
    PetscCallMPI(MPI_Send(blocks->nodes[i].values, n, MPI_DOUBLE, 0, 2, comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBlocksCollect(MPI_Comm comm, VmBlocks blocks, double *total)
{
  int rank, size;
  PetscFunctionBegin;
  PetscCheck(blocks->n <= PETSC_MPI_INT_MAX, PETSC_COMM_SELF, PETSC_ERR_SUP, "a block of %zu sums is too large",
             blocks->n);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (rank > 0) {
    PetscCall(Send(comm, blocks));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int r = 1; r < size; ++r) PetscCall(Receive(comm, r, blocks));
  for (int i = blocks->count - 1; i > 0; --i)
    blocks->merge(blocks->context, blocks->nodes[i - 1].values, blocks->nodes[i].values);
  if (blocks->n) {
    if (blocks->count) PetscCall(PetscArraycpy(total, blocks->nodes[0].values, blocks->n));
    else PetscCall(PetscArrayzero(total, blocks->n));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
