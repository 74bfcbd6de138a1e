/* Points sorted into cubic bins, to find those near a place. No periodicity: hand in the images that matter. */
#ifndef VM_ATOMS_BINS_H
#define VM_ATOMS_BINS_H

#include <vitromech/base.h>

typedef struct {
  int64_t n, count[3]; /* points; bins along each axis */
  double origin[3], edge;
  int64_t *start; /* [bins + 1] first sorted point of each bin, z fastest */
  int64_t *point; /* [n] original index of each sorted point */
  double *r;      /* [n][3] sorted positions */
} VmBins;

/** Bins of at least the given edge [nm] over n points. Not collective. */
PetscErrorCode VmBinsCreate(int64_t n, const double *x, const double *y, const double *z, double edge, VmBins *bins);
PetscErrorCode VmBinsDestroy(VmBins *bins);

/** The nine runs [begin, end) of sorted points that hold every point within bins->edge of r. Not collective. */
void VmBinsNear(const VmBins *bins, const double r[3], int64_t begin[9], int64_t end[9]);

/** True if a point lies closer than `distance` <= bins->edge to r. Not collective. */
bool VmBinsAnyWithin(const VmBins *bins, const double r[3], double distance);

#endif
