#include "prescribed.h"
#include <math.h>

bool VmPrescribedSegment(const VmStageParams *stage, int index, const double stress[6], VmSegment *segment)
{
  if (index > 0) return false;
  segment->duration = isnan(stage->duration) ? HUGE_VAL : stage->duration;
  for (int c = 0; c < 6; ++c) {
    const VmControlParams *control = stage->control[c];
    segment->stress_controlled[c] = control && isnan(control->strain_rate);
    segment->level[c] = stress[c];
    segment->rate[c] = 0.0;
    if (!control) continue;
    if (!segment->stress_controlled[c]) segment->rate[c] = control->strain_rate;
    else {
      if (!isnan(control->stress)) segment->level[c] = control->stress;
      if (!isnan(control->stress_rate)) segment->rate[c] = control->stress_rate;
    }
  }
  return true;
}
