#include "prescribed.h"

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  (void)params;
  return VmPrescribedSegment(common, index, stress, segment);
}

const VmLoadingOps vm_loading_strain_rate = {.head = {.name = "strain_rate", .doc = "constant rates of strain on some components; others at given stress or held", .source = "mixed control of the mean: physics of a homogeneous box"}, .segment = Segment};
