#include "prescribed.h"
#include <math.h>

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c] && !isnan(stage->control[c]->stress_rate)) return VmEndless(stage);
  return "programme stress_rate needs a stress_rate on at least one component of control";
}

const VmLoadingOps vm_loading_stress_rate = {
    .head = {.name = "stress_rate",
             .doc = "constant stress rates on some components; others at a given stress, strained, or held",
             .source = "mixed control of mean strain and stress"},
    .segment = VmPrescribedSegment,
    .complaint = Complaint};
