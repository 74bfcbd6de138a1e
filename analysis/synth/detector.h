/* From the intensity behind the foil to what a detector records (physics.md D5). */
#ifndef VM_SYNTH_DETECTOR_H
#define VM_SYNTH_DETECTOR_H

#include "optics.h"
#include <vitromech/rng.h>

/** Adds weight times the intensity [grid0][grid1] of a method, integrated over the pixels, to mean [pixels0][pixels1].
 * Not collective. */
void VmDetectorCollect(const VmOptics *optics, const double *intensity, double weight, double *mean);

/**
 * One frame: point spread, beam stop, counting noise, gain, dead pixels.
 *
 * \param[in]     probe  number of the probe in the scan: counter of the noise
 * \param[in,out] mean   [pixels0][pixels1] what was collected; overwritten
 * \param[in]     work   room for [pixels0][pixels1]
 * \param[out]    frame  [pixels0][pixels1] counts, or fractions of the beam without a dose
 * Not collective.
 */
void VmDetectorFrame(const VmOptics *optics, VmRngKey key, int64_t probe, double *mean, double *work, float *frame);

/** Whether a pixel never counts: the same for all probes. Not collective. */
bool VmDetectorDead(const VmOptics *optics, VmRngKey key, int64_t pixel);

#endif
