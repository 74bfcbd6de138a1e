#include "unloaded.h"
#include <math.h>

void VmPrescribeFree(const VmStageParams *stage, bool first, const double stress[6], VmSegment *segment)
{
  VmPrescribe(stage, first, stress, segment);
  for (int c = 0; c < 6; ++c) {
    if (stage->control[c]) continue;
    segment->stress_controlled[c] = true;
    segment->level[c] = segment->rate[c] = 0.0;
  }
}
