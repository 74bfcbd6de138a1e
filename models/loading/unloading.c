#include "prescribed.h"
#include <math.h>

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const VmStageParams *stage = common;
  (void)params;
  if (index > 0) return false;
  VmPrescribe(stage, true, stress, segment);
  segment->duration = stage->duration;
  for (int c = 0; c < 6; ++c) {
    segment->stress_controlled[c] = true;
    segment->level[c] = stress[c], segment->rate[c] = -stress[c] / stage->duration;
  }
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c]) return "programme unloading drives all components; leave `control` out";
  return isnan(stage->duration) ? "programme unloading needs a duration, in which all stresses go to zero" : NULL;
}

const VmLoadingOps vm_loading_unloading = {.head = {.name = "unloading",
                                                    .doc = "all stresses go linearly to zero in `duration`",
                                                    .source = "mixed control of mean strain and stress"},
                                           .segment = Segment,
                                           .complaint = Complaint};
