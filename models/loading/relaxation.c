#include "prescribed.h"
#include <math.h>

/* All strains are held, whatever `control` says of other stages. */
static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const VmStageParams *stage = common;
  (void)params;
  if (index > 0) return false;
  for (int c = 0; c < 6; ++c) {
    segment->stress_controlled[c] = false;
    segment->level[c]             = stress[c];
    segment->rate[c]              = 0.0;
  }
  segment->duration = isnan(stage->duration) ? HUGE_VAL : stage->duration;
  return true;
}

const VmLoadingOps vm_loading_relaxation = {
  .head    = {.name = "relaxation", .doc = "all strains held; the stress relaxes", .source = "stress relaxation test"},
  .segment = Segment};
