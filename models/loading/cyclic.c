#include "prescribed.h"
#include "target.h"
#include <math.h>

typedef struct {
  VmTarget *amplitude[6];
  double period;
  int64_t cycles;
} Params;

static const VmParam rows[] = {
    {.key = "amplitude",
     .type = VM_BLOCK,
     .offset = offsetof(Params, amplitude),
     .subtable = &vm_target_table,
     .default_text = "",
     .doc = "half the swing of strain or stress about the value at the start of the stage; components go in phase"},
    {.key = "period",
     .type = VM_REAL,
     .offset = offsetof(Params, period),
     .unit = "s",
     .min = 1e-30,
     .max = 1e30,
     .doc = "time of one cycle"},
    {.key = "cycles",
     .type = VM_INT,
     .offset = offsetof(Params, cycles),
     .default_text = "1",
     .min = 1,
     .max = 1e9,
     .doc = "number of cycles, after which the stage is over"},
    {0}};
static const VmTable params_table = {
    .name = "cyclic", .doc = "triangle wave of strain or stress", .size = sizeof(Params), .rows = rows};

/* A quarter of a period up, then halves down and up by turns, and a last quarter up to where it began. */
static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const Params *p = params;
  const double quarter = 0.25 * p->period, sign = index % 2 ? -1.0 : 1.0;
  if (index > 2 * p->cycles) return false;
  VmPrescribe(common, index == 0, stress, segment);
  segment->duration = index == 0 || index == 2 * p->cycles ? quarter : 2.0 * quarter;
  for (int c = 0; c < 6; ++c) {
    if (!p->amplitude[c]) continue;
    segment->stress_controlled[c] = isnan(p->amplitude[c]->strain);
    segment->rate[c] =
        sign * (segment->stress_controlled[c] ? p->amplitude[c]->stress : p->amplitude[c]->strain) / quarter;
  }
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  const Params *p = params;
  const VmStageParams *stage = common;
  int driven = 0;
  for (int c = 0; c < 6; ++c) {
    if (p->amplitude[c] && stage->control[c])
      return "a component is in `amplitude` and in `control`; it can be driven by one of them";
    driven += p->amplitude[c] != NULL;
  }
  return driven ? NULL : "programme cyclic needs a strain or a stress of at least one component in amplitude";
}

const VmLoadingOps vm_loading_cyclic = {
    .head = {.name = "cyclic",
             .doc = "triangle wave of strain or stress on some components; others as in `control`, or held",
             .source = "hysteresis test",
             .params = &params_table},
    .segment = Segment,
    .complaint = Complaint};
