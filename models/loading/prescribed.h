/* The one segment of a stage that prescribes what its `control` says; shared by the programmes. */
#ifndef VM_LOADING_PRESCRIBED_H
#define VM_LOADING_PRESCRIBED_H

#include <vitromech/loading.h>

/** Not collective. */
bool VmPrescribedSegment(const VmStageParams *stage, int index, const double stress[6], VmSegment *segment);

#endif
