/* The centre of the pattern as a polynomial of the probe position, and frames moved to a common centre. */
#ifndef VM_STAT_CENTRE_MAP_H
#define VM_STAT_CENTRE_MAP_H

#include <vitromech/stat.h>

/**
 * Finds the centre in the mean of up to 64 frames of each of centre_blocks x centre_blocks blocks of the scan and fits
 * survey->centre_map to them, robustly: reweighting by the inverse distance, then by Tukey's biweight.
 *
 * \param[in] by_rings  centre from the rings beyond the beam stop, else from the direct beam
 * \param[in] given     survey->detector.centre is known: frames go there; else to the centre of the middle probe, and
 *                      detector.centre becomes the mean centre of the frames where they are then
 * Frames are moved by whole pixels. detector.valid is left with the pixels that all frames have unmasked.
 * Errors: VM_ERR_INPUT if the blocks do not determine the polynomial or it leaves the detector. Collective.
 */
PetscErrorCode VmCentreMapFit(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params,
                              bool by_rings, bool given);

/** Centre [pixels] of a frame as it was read. Not collective. */
void VmCentreMapAt(VmSurvey survey, int64_t frame, double centre[2]);

/** Whole pixels by which the pattern of a frame lies off the common centre. Not collective. */
void VmCentreMapShift(VmSurvey survey, int64_t frame, int64_t shift[2]);

/** Reads frames and, if there is a map, moves each to the common centre; pixels from beyond the detector read 0. Not
 * collective. */
PetscErrorCode VmCentreMapRead(VmSurvey survey, const VmFrameSource *source, int64_t first, int64_t n, float *frames);

#endif
