#include "prescribed.h"

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  (void)params;
  for (int c = 0; c < 6; ++c)
    if (stage->control[c])
      return "programme relaxation holds all strains; leave `control` out, or use strain_rate or creep";
  return VmEndless(stage);
}

const VmLoadingOps vm_loading_relaxation = {
    .head = {.name = "relaxation", .doc = "all strains held; the stress relaxes", .source = "stress relaxation test"},
    .segment = VmPrescribedSegment,
    .complaint = Complaint};
