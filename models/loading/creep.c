#include "prescribed.h"
#include <math.h>

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c] && isnan(stage->control[c]->strain_rate)) return VmEndless(stage);
  return "programme creep needs a stress on at least one component of control";
}

const VmLoadingOps vm_loading_creep = {
    .head = {.name = "creep",
             .doc = "constant stress on some components from the start of the stage; others strained, or held",
             .source = "mixed control of mean strain and stress"},
    .segment = VmPrescribedSegment,
    .complaint = Complaint};
