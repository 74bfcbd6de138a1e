/* L4. One dataset as two analysis files hold it. */
#ifndef VM_COMPARE_PAIR_H
#define VM_COMPARE_PAIR_H

#include <vitromech/h5.h>

typedef enum {
  VM_PAIR_NUMBER,
  VM_PAIR_CURVE,        /* of one axis: on equal points; of more axes: of equal shape */
  VM_PAIR_DISTRIBUTION, /* maps over the scan and lists of regions: only how the values are distributed */
  VM_PAIR_AXIS,         /* the points of curves */
  VM_PAIR_APART         /* nothing to compare: other shapes */
} VmPairKind;

typedef struct {
  const char *name; /* below /statistics */
  VmPairKind kind;
  int rank[2];
  int64_t dims[2][8], count[2];
  double *values[2], *errors[2]; /* errors: NULL where a file has none */
  double *x[2];                  /* points of a curve of one axis, or NULL */
} VmPair;

/**
 * Reads a dataset that both files hold. Curves of one axis whose points differ are brought to the points of the first
 * file: the second one is interpolated linearly, NAN outside its range. Collective.
 */
PetscErrorCode VmPairRead(const VmH5 file[2], const char *name, VmPair *pair);
PetscErrorCode VmPairFree(VmPair *pair);

#endif
