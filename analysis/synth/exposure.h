/* One pattern: what the tile in place, source, focus and thermal motion add up to, and what the detector makes of it.
 */
#ifndef VM_SYNTH_EXPOSURE_H
#define VM_SYNTH_EXPOSURE_H

#include "scan.h"
#include <vitromech/rng.h>

typedef struct {
  const VmOptics *optics;
  const VmSynthMethod *method;
  void *context;
  VmFoci foci;
  VmRngKey key; /* of the counting noise */
  int64_t pixels, configurations;
  double *intensity, *work; /* [grid0][grid1], [pixels] */
  double total, current;    /* sums of all intensities and of all frames */
  double seconds;           /* time spent on them */
} VmExposure;

/** Makes the method's context for the optics, which must know the foil. Not collective. */
PetscErrorCode VmExposureCreate(const VmOptics *optics, uint64_t seed, VmExposure *exposure);
PetscErrorCode VmExposureDestroy(VmExposure *exposure);

/** Puts the atoms of a box in place, displaced as in configuration `number` if there are phonons. Not collective. */
PetscErrorCode VmExposureTile(VmExposure *exposure, int64_t number, const VmAtoms *atoms, const VmTileBox *box);

/** Adds the share of one configuration to the pattern [pixels] of a probe at r [nm]. Not collective. */
PetscErrorCode VmExposureAdd(VmExposure *exposure, const double r[2], double *mean);

/** The frame [pixels] of a pattern, which is overwritten; `number` is the counter of the noise. Not collective. */
void VmExposureRecord(VmExposure *exposure, int64_t number, double *mean, float *frame);

#endif
