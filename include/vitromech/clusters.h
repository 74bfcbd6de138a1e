/* L1. Connected clusters of the voxels of a mask, periodic or not, in two or three dimensions; serial. */
#ifndef VITROMECH_CLUSTERS_H
#define VITROMECH_CLUSTERS_H

#include <vitromech/base.h>

typedef enum {
  VM_CONNECT_FACES,  /* 4 neighbours in two dimensions, 6 in three */
  VM_CONNECT_CORNERS /* 8, 26 */
} VmConnectivity;
extern const char *const vm_connectivities[]; /* "faces", "corners", NULL */

/* Connected clusters of a mask. A cluster's voxels have unwrapped positions: neighbours in the cluster differ by one
 * step, also across a periodic boundary. */
typedef struct {
  int64_t count;
  int32_t *label;         /* [n0*n1*n2] 0 ... count-1 in the order of the first voxel; -1: not in the mask */
  int32_t (*position)[3]; /* [n0*n1*n2] unwrapped; only where label >= 0 */
  int64_t *size;          /* [count] voxels */
  uint8_t (
      *spans)[3]; /* [count] 1 if the cluster meets itself around a periodic axis, or touches both ends of another */
} VmClusters;

/**
 * Labels the clusters of a mask by union-find.
 *
 * \param[in] n        points along each axis; n[0] = 1 and dim 2 for a map
 * \param[in] periodic all axes
 * \param[in] mask     [n0][n1][n2], not 0: in a cluster
 * Not collective. Source: Newman & Ziff, Phys. Rev. E 64 (2001) 016706 (displacements in the tree).
 */
PetscErrorCode VmClustersCreate(int dim, const int64_t n[3], bool periodic, VmConnectivity connectivity,
                                const uint8_t *mask, VmClusters *clusters);
PetscErrorCode VmClustersDestroy(VmClusters *clusters);

#endif
