/* Programmes under which a body is free: components that `control` does not name have no stress. */
#ifndef VM_LOADING_UNLOADED_H
#define VM_LOADING_UNLOADED_H

#include "prescribed.h"

/** As VmPrescribe, but components left out of `control` are at zero stress instead of holding their strain. Not
 * collective. */
void VmPrescribeFree(const VmStageParams *stage, bool first, const double stress[6], VmSegment *segment);

#endif
