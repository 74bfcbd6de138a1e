#include "prescribed.h"
#include "target.h"
#include <math.h>

typedef struct {
  VmTarget *amplitude[6];
  double period;
  int64_t cycles;
  int waveform;
  int64_t points;
} Params;

enum { TRIANGLE, SINE };
static const char *const waveforms[] = {"triangle", "sine", NULL};

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
    {.key = "waveform",
     .type = VM_ENUM,
     .offset = offsetof(Params, waveform),
     .default_text = "triangle",
     .choices = waveforms,
     .doc = "triangle: constant rates up and down; sine: straight lines between `points` of a sine in each cycle"},
    {.key = "points",
     .type = VM_INT,
     .offset = offsetof(Params, points),
     .default_text = "100",
     .min = 8,
     .max = 1e6,
     .doc = "points of the sine in a cycle; the area of a loop is off by a share of order 10/points^2"},
    {0}};
static const VmTable params_table = {
    .name = "cyclic", .doc = "wave of strain or stress", .size = sizeof(Params), .rows = rows};

/* Share of the amplitude at corner `index`. The triangle goes a quarter of a period up, then halves down and up by
 * turns, and a last quarter up to where it began. */
static double Corner(const Params *p, int index)
{
  if (p->waveform == SINE) return sin(2.0 * VM_PI * (double)(index % p->points) / (double)p->points);
  return index == 0 || index > 2 * p->cycles ? 0.0 : index % 2 ? 1.0 : -1.0;
}

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const Params *p = params;
  const bool sine = p->waveform == SINE;
  if (index >= (sine ? p->points * p->cycles : 2 * p->cycles + 1)) return false;
  const double swing = Corner(p, index + 1) - Corner(p, index);
  VmPrescribe(common, index == 0, stress, segment);
  segment->duration = (sine ? 1.0 / (double)p->points : index == 0 || index == 2 * p->cycles ? 0.25 : 0.5) * p->period;
  for (int c = 0; c < 6; ++c) {
    if (!p->amplitude[c]) continue;
    segment->stress_controlled[c] = isnan(p->amplitude[c]->strain);
    segment->rate[c] =
        swing * (segment->stress_controlled[c] ? p->amplitude[c]->stress : p->amplitude[c]->strain) / segment->duration;
  }
  return true;
}

static double Period(const void *params) { return ((const Params *)params)->period; }

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
             .doc = "triangle or sine wave of strain or stress on some components; others as in `control`, or held",
             .source = "hysteresis test",
             .params = &params_table},
    .segment = Segment,
    .complaint = Complaint,
    .period = Period};
