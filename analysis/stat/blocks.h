/* Sums over blocks of frames, merged along a binary tree whose shape depends on the number of blocks only. */
#ifndef VM_STAT_BLOCKS_H
#define VM_STAT_BLOCKS_H

#include <vitromech/base.h>

typedef void (*VmBlockMerge)(void *context, double *into, const double *from);

typedef struct VmBlocks_s *VmBlocks;

/** Sums of n doubles. Not collective. */
PetscErrorCode VmBlocksCreate(size_t n, VmBlockMerge merge, void *context, VmBlocks *blocks);
PetscErrorCode VmBlocksDestroy(VmBlocks *blocks);

/** A zeroed vector [n] for the next block, to be filled before VmBlocksPush. Not collective. */
PetscErrorCode VmBlocksNext(VmBlocks blocks, double **values);

/** Adds the filled vector as block `index`; a rank pushes consecutive blocks. Not collective. */
PetscErrorCode VmBlocksPush(VmBlocks blocks, int64_t index);

/** Merges all ranks' blocks (consecutive from rank to rank, none missing) into total [n] on rank 0 (zero if there was
 * no block). Collective. */
PetscErrorCode VmBlocksCollect(MPI_Comm comm, VmBlocks blocks, double *total);

#endif
