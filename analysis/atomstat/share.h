/* Equal shares of a list, one for each rank, and values of all shares put together on every rank. */
#ifndef VM_ATOMSTAT_SHARE_H
#define VM_ATOMSTAT_SHARE_H

#include <vitromech/base.h>

typedef struct {
  int64_t begin, end; /* this rank's part of [0, n) */
} VmShare;

/** Contiguous shares in the order of the ranks. Not collective. */
PetscErrorCode VmShareOf(MPI_Comm comm, int64_t n, VmShare *share);

/** all [n][width] from mine [share][width]. Collective. */
PetscErrorCode VmShareGather(MPI_Comm comm, int64_t n, int width, const double *mine, double *all);

#endif
