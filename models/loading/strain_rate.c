#include "prescribed.h"
#include <math.h>

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c] && !isnan(stage->control[c]->strain_rate)) return VmEndless(stage);
  return "programme strain_rate needs a strain_rate on at least one component of control";
}

const VmLoadingOps vm_loading_strain_rate = {
    .head = {.name = "strain_rate",
             .doc = "constant strain rates on some components; others at a given stress, or held",
             .source = "mixed control of mean strain and stress"},
    .segment = VmPrescribedSegment,
    .complaint = Complaint};
