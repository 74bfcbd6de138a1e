/* The one segment of a stage that does what its `control` says; shared by the programmes. */
#ifndef VM_LOADING_PRESCRIBED_H
#define VM_LOADING_PRESCRIBED_H

#include <vitromech/loading.h>

/** What `control` prescribes in a segment, all but its duration; stresses are set in the `first` one of a stage and go
 * on from there. Not collective. */
void VmPrescribe(const VmStageParams *stage, bool first, const double stress[6], VmSegment *segment);

/** VmLoadingOps.segment of a stage of one segment. Not collective. */
bool VmPrescribedSegment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment);

/** A complaint if nothing ends the stage, or NULL. Not collective. */
const char *VmEndless(const VmStageParams *stage);

#endif
