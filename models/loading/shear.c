#include "prescribed.h"
#include <math.h>

typedef struct {
  int plane;
  double shear_rate, shear;
} Params;

static const char *const planes[] = {"yz", "xz", "xy", NULL};

static const VmParam rows[] = {
    {.key = "plane",
     .type = VM_ENUM,
     .offset = offsetof(Params, plane),
     .default_text = "xy",
     .choices = planes,
     .doc = "component that is sheared"},
    {.key = "shear_rate",
     .type = VM_REAL,
     .offset = offsetof(Params, shear_rate),
     .unit = "1/s",
     .min = -1e30,
     .max = 1e30,
     .doc = "engineering shear rate, twice that of the tensor component; negative: backwards"},
    {.key = "shear",
     .type = VM_REAL,
     .offset = offsetof(Params, shear),
     .unit = "1",
     .min = 1e-12,
     .max = 10.0,
     .doc = "size of the change of the engineering shear at which the stage ends"},
    {0}};
static const VmTable params_table = {.name = "shear", .doc = "shear test", .size = sizeof(Params), .rows = rows};

static int Component(const Params *p) { return VM_YZ + p->plane; }

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const Params *p = params;
  if (index > 0) return false;
  VmPrescribe(common, true, stress, segment);
  segment->rate[Component(p)] = 0.5 * p->shear_rate;
  segment->duration = p->shear / fabs(p->shear_rate);
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  const VmStageParams *stage = common;
  const Params *p = params;
  if (p->shear_rate == 0.0) return "shear_rate is 0; the shear would never be reached";
  return stage->control[Component(p)] ? "the plane is in `control`; it can be driven by one of them" : NULL;
}

const VmLoadingOps vm_loading_shear = {
    .head = {.name = "shear",
             .doc = "a plane is sheared at a constant rate; other components as in `control`, or held",
             .source = "shear test",
             .params = &params_table},
    .segment = Segment,
    .complaint = Complaint};
