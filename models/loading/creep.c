#include "prescribed.h"

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  (void)params;
  return VmPrescribedSegment(common, index, stress, segment);
}

const VmLoadingOps vm_loading_creep = {.head = {.name = "creep", .doc = "constant stress on some components, from the start of the stage; others held or strained", .source = "mixed control of the mean: physics of a homogeneous box"}, .segment = Segment};
