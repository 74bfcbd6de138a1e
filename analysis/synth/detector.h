/* From the intensity behind the foil to what a detector records (physics.md D5). */
#ifndef VM_SYNTH_DETECTOR_H
#define VM_SYNTH_DETECTOR_H

#include "optics.h"
#include <vitromech/rng.h>

/**
 * One frame: integration over the pixels, point spread, beam stop, counting noise, gain.
 *
 * \param[in]  intensity  [grid0][grid1], from a method
 * \param[in]  probe      number of the probe in the scan: counter of the noise
 * \param[in]  work       room for twice [pixels0][pixels1]
 * \param[out] frame      [pixels0][pixels1] counts, or fractions of the beam without a dose
 * Not collective.
 */
void VmDetectorFrame(const VmOptics *optics, VmRngKey key, int64_t probe, const double *intensity, double *work,
                     float *frame);

#endif
