#include "unloaded.h"
#include <math.h>

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const VmStageParams *stage = common;
  (void)params;
  if (index > 0) return false;
  VmPrescribeFree(stage, true, stress, segment);
  segment->duration = isnan(stage->duration) ? HUGE_VAL : stage->duration;
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  (void)params;
  return VmEndless(common);
}

const VmLoadingOps vm_loading_annealing = {
    .head = {.name = "annealing",
             .doc = "no stress, but what `control` prescribes: rest, heating or cooling by the key `temperature`",
             .source = "heat treatment"},
    .segment = Segment,
    .complaint = Complaint};
