#include "prescribed.h"
#include <math.h>

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const VmStageParams *stage = common;
  (void)params;
  if (index > 0) return false;
  for (int c = 0; c < 6; ++c) {
    segment->stress_controlled[c] = false;
    segment->level[c] = stress[c];
    segment->rate[c] = 0.0;
  }
  segment->duration = isnan(stage->duration) ? HUGE_VAL : stage->duration;
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c])
      return "programme relaxation holds all strains; leave `control` out, or use strain_rate or creep";
  return NULL;
}

const VmLoadingOps vm_loading_relaxation = {
    .head = {.name = "relaxation", .doc = "all strains held; the stress relaxes", .source = "stress relaxation test"},
    .segment = Segment,
    .complaint = Complaint};
