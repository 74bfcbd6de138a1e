#include "prescribed.h"
#include <math.h>

void VmPrescribe(const VmStageParams *stage, bool first, const double stress[6], VmSegment *segment)
{
  segment->temperature_rate = stage->temperature ? stage->temperature->rate : 0.0, segment->temperature_to = NAN;
  for (int c = 0; c < 6; ++c) {
    const VmControlParams *control = stage->control[c];
    segment->stress_controlled[c] = control && isnan(control->strain_rate);
    segment->level[c] = stress[c];
    segment->rate[c] = 0.0;
    if (!control) continue;
    if (!segment->stress_controlled[c]) segment->rate[c] = control->strain_rate;
    else {
      if (first && !isnan(control->stress)) segment->level[c] = control->stress;
      if (!isnan(control->stress_rate)) segment->rate[c] = control->stress_rate;
    }
  }
}

bool VmPrescribedSegment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const VmStageParams *stage = common;
  (void)params;
  if (index > 0) return false;
  VmPrescribe(stage, true, stress, segment);
  segment->duration = isnan(stage->duration) ? HUGE_VAL : stage->duration;
  return true;
}

const char *VmEndless(const VmStageParams *stage)
{
  bool ends =
      !isnan(stage->duration) || stage->until.events > 0 || (stage->temperature && !isnan(stage->temperature->to));
  for (int c = 0; c < 6; ++c) ends = ends || !isnan(stage->until.strain[c]);
  return ends ? NULL : "the stage has no end; give duration, until or temperature.to";
}
