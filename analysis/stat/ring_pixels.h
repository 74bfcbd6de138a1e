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

#endif
