/* Size, position and shape of clusters from their moments. */
#ifndef VM_FIELD_SHAPE_H
#define VM_FIELD_SHAPE_H

#include <vitromech/map.h>

typedef struct {
  double measure;      /* area or volume */
  double diameter;     /* of the circle or sphere of that measure */
  double centroid[3];  /* from the corner of the map, inside it */
  double aspect_ratio; /* root of the ratio of the largest to the smallest second moment */
  double axis[3];      /* unit vector of the largest second moment, last non-zero component positive */
} VmShape;

/** Shapes [clusters->count], in the length unit of the map. A pixel counts as a full square (cube). Not collective. */
PetscErrorCode VmShapes(const VmMap *map, const VmClusters *clusters, VmShape *shapes);

#endif
