/* The raw pixels of each ring of a survey: each pixel in one ring. */
#ifndef VM_STAT_RING_PIXELS_H
#define VM_STAT_RING_PIXELS_H

#include <vitromech/stat.h>

typedef struct {
  int rings;
  int64_t *start; /* [rings + 1] into pixel */
  int32_t *pixel; /* [start[rings]] ordered by ring, valid ones only */
} VmRingPixels;

PetscErrorCode VmRingPixelsCreate(VmSurvey survey, VmRingPixels *pixels);
PetscErrorCode VmRingPixelsDestroy(VmRingPixels *pixels);

/** Sum and sum of squares over the pixels of a ring, of VM_LANES frames at once (VmTile.lanes). Not collective. */
void VmRingPixelsSum(const VmRingPixels *pixels, int ring, const float *lanes, double sum[VM_LANES],
                     double square[VM_LANES]);

/** Sums over the pixels of a ring of I/m, (I/m)^2 and I m, m a pattern [npix]; of VM_LANES frames at once. Pixels where
 * m is not positive count nothing. Not collective. */
void VmRingPixelsRelative(const VmRingPixels *pixels, int ring, const double *pattern, const float *lanes,
                          double ratio[VM_LANES], double square[VM_LANES], double product[VM_LANES]);

#endif
