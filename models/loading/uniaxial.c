/* Tension and compression: one axis is strained, the other five components are free. */
#include "unloaded.h"
#include <math.h>

typedef struct {
  int axis;
  double strain_rate, strain;
} Params;

static const char *const axes[] = {"xx", "yy", "zz", NULL};

static const VmParam rows[] = {{.key = "axis",
                                .type = VM_ENUM,
                                .offset = offsetof(Params, axis),
                                .default_text = "zz",
                                .choices = axes,
                                .doc = "component that is strained"},
                               {.key = "strain_rate",
                                .type = VM_REAL,
                                .offset = offsetof(Params, strain_rate),
                                .unit = "1/s",
                                .min = 1e-30,
                                .max = 1e30,
                                .doc = "its rate, positive in tension and in compression"},
                               {.key = "strain",
                                .type = VM_REAL,
                                .offset = offsetof(Params, strain),
                                .unit = "1",
                                .min = 1e-12,
                                .max = 10.0,
                                .doc = "change of this strain at which the stage ends, positive in both"},
                               {0}};
static const VmTable params_table = {
    .name = "uniaxial", .doc = "uniaxial stress by a strain rate", .size = sizeof(Params), .rows = rows};

static bool Segment(double sign, const void *params, const void *common, int index, const double stress[6],
                    VmSegment *segment)
{
  const Params *p = params;
  if (index > 0) return false;
  VmPrescribeFree(common, true, stress, segment);
  segment->stress_controlled[p->axis] = false;
  segment->rate[p->axis] = sign * p->strain_rate;
  segment->duration = p->strain / p->strain_rate;
  return true;
}

static bool Tension(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  return Segment(1.0, params, common, index, stress, segment);
}

static bool Compression(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  return Segment(-1.0, params, common, index, stress, segment);
}

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  return stage->control[((const Params *)params)->axis] ? "the axis is in `control`; it can be driven by one of them"
                                                        : NULL;
}

const VmLoadingOps vm_loading_tension = {
    .head = {.name = "tension",
             .doc = "an axis is stretched at a constant rate; other components as in `control`, or without stress",
             .source = "tensile test",
             .params = &params_table},
    .segment = Tension,
    .complaint = Complaint};

const VmLoadingOps vm_loading_compression = {
    .head = {.name = "compression",
             .doc = "an axis is shortened at a constant rate; other components as in `control`, or without stress",
             .source = "compression test",
             .params = &params_table},
    .segment = Compression,
    .complaint = Complaint};
