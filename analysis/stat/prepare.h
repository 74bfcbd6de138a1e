/* Corrections of frames by patterns from files: dark, flat field, mask. */
#ifndef VM_STAT_PREPARE_H
#define VM_STAT_PREPARE_H

#include <vitromech/stat.h>

/**
 * Mean [det0*det1] over all frames of a file of any cube format, by PetscMalloc, on all ranks.
 *
 * \param[in] key  for messages: which parameter names the file
 * Errors: VM_ERR_INPUT if it cannot be read or has other pixels. Collective.
 */
PetscErrorCode VmPatternRead(MPI_Comm comm, const char *key, const char *path, const int64_t det[2], double **pattern);

typedef struct {
  VmFrameSource raw;
  int64_t npix;
  double *dark, *flat; /* [npix] or NULL */
} VmPrepared;

/** Reads the dark and flat patterns that params names; `prepared` then gives (frame - dark)/flat. Collective. */
PetscErrorCode VmPreparedCreate(MPI_Comm comm, const VmCubeInfo *info, const VmFrameSource *raw,
                                const VmGeometryParams *params, VmPrepared *prepared);
PetscErrorCode VmPreparedDestroy(VmPrepared *prepared);
/** The corrected frames; the raw ones if there is nothing to correct. Not collective. */
VmFrameSource VmPreparedFrames(VmPrepared *prepared);

/** Masks pixels whose mean stands out from the median of their 5 x 5 neighbours by more than `sigmas` times its usual
 * distance (1.4826 median), and counts them. Not collective. */
PetscErrorCode VmMaskHot(const VmDetector *detector, const double *pattern, double sigmas, uint8_t *valid,
                         int64_t *masked);

/** Masks pixels of a pattern that are not above a threshold, "auto" (Otsu on the logarithm) or a number, and all within
 * `grow` pixels of them; *threshold is what was used. Not collective. */
PetscErrorCode VmMaskShadow(const VmDetector *detector, const double *pattern, const char *text, int64_t grow,
                            uint8_t *valid, double *threshold);

#endif
