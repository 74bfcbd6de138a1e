/* Connected clusters of marked voxels of a distributed periodic grid. */
#ifndef VM_CONNECTED_H
#define VM_CONNECTED_H

#include <vitromech/grid.h>

typedef struct {
  double fraction; /* marked voxels over all */
  double largest;  /* voxels of the largest cluster (neighbours share a face) over all */
  double axes;     /* around which of the three axes some cluster meets itself: their number */
} VmConnected;

/** mark [np], not 0: marked. All marks are brought to rank 0, 1 byte per voxel. Collective. */
PetscErrorCode VmConnect(VmGrid grid, const uint8_t *mark, VmConnected *result);

#endif
