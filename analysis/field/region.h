/* Regions of a map: connected clusters of what lies above a threshold. */
#ifndef VM_FIELD_REGION_H
#define VM_FIELD_REGION_H

#include <vitromech/clusters.h>
#include <vitromech/map.h>

/* What a user says of them, for VM_INCLUDE of vm_region_table. */
typedef struct {
  char *threshold;
  int connectivity;
} VmRegion;

extern const VmTable vm_region_table;

/**
 * The threshold of a map and the points above it; points without a value are not.
 *
 * \param[out] mask  [VmMapSize(map)]
 * Not collective.
 */
PetscErrorCode VmRegionMask(const VmRegion *region, const VmMap *map, double *threshold, uint8_t *mask);

/** Connected clusters of a mask. Not collective. */
PetscErrorCode VmRegionClusters(const VmRegion *region, const VmMap *map, const uint8_t *mask, VmClusters *clusters);

#endif
