#include "unloaded.h"
#include <math.h>

typedef struct {
  double low, high, rate, hold;
  int64_t cycles;
} Params;

static const VmParam rows[] = {{.key = "low",
                                .type = VM_REAL,
                                .offset = offsetof(Params, low),
                                .unit = "K",
                                .min = 1.0,
                                .max = 5000.0,
                                .doc = "temperature to which a cycle cools first"},
                               {.key = "high",
                                .type = VM_REAL,
                                .offset = offsetof(Params, high),
                                .unit = "K",
                                .min = 1.0,
                                .max = 5000.0,
                                .doc = "temperature to which it heats then"},
                               {.key = "rate",
                                .type = VM_REAL,
                                .offset = offsetof(Params, rate),
                                .unit = "K/s",
                                .min = 1e-15,
                                .max = 1e15,
                                .doc = "rate of cooling and heating"},
                               {.key = "hold",
                                .type = VM_REAL,
                                .offset = offsetof(Params, hold),
                                .unit = "s",
                                .default_text = "0 s",
                                .min = 0.0,
                                .max = 1e30,
                                .doc = "time at either temperature"},
                               {.key = "cycles",
                                .type = VM_INT,
                                .offset = offsetof(Params, cycles),
                                .default_text = "1",
                                .min = 1,
                                .max = 1e9,
                                .doc = "number of cycles, after which the stage is over"},
                               {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (p->low >= p->high) PetscCall(VmReportAdd(report, node, "low, %g K, is not below high, %g K", p->low, p->high));
  PetscFunctionReturn(PETSC_SUCCESS);
}
static const VmTable params_table = {
    .name = "thermal_cycle", .doc = "cycles of temperature", .size = sizeof(Params), .rows = rows, .check = Check};

/* Ways and holds by turns, if there are holds. */
static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const Params *p = params;
  const int per_way = p->hold > 0.0 ? 2 : 1, way = index / per_way;
  if (way >= 2 * p->cycles) return false;
  VmPrescribeFree(common, index == 0, stress, segment);
  segment->duration = p->hold;
  if (index % per_way) return true;
  segment->duration = HUGE_VAL;
  segment->temperature_rate = p->rate, segment->temperature_to = way % 2 ? p->high : p->low;
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  (void)params;
  return ((const VmStageParams *)common)->temperature ? "programme thermal_cycle sets the temperature; leave "
                                                        "`temperature` out"
                                                      : NULL;
}

const VmLoadingOps vm_loading_thermal_cycle = {
    .head = {.name = "thermal_cycle",
             .doc = "cooling and heating by turns, without stress but what `control` prescribes",
             .source = "cryogenic cycling: Ketov et al., Nature 524 (2015) 200",
             .params = &params_table},
    .segment = Segment,
    .complaint = Complaint,
    .heats = true};
