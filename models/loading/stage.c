#include "components.h"
#include <vitromech/loading.h>
#include <math.h>

static const VmParam control_rows[] = {
    {.key = "strain_rate",
     .type = VM_REAL,
     .offset = offsetof(VmControlParams, strain_rate),
     .unit = "1/s",
     .default_text = "none",
     .doc = "rate of this tensor component of the mean strain (engineering shear rate is twice it)"},
    {.key = "stress",
     .type = VM_REAL,
     .offset = offsetof(VmControlParams, stress),
     .unit = "GPa",
     .default_text = "none",
     .doc = "mean stress of this component, set as the stage starts and held (or changed by stress_rate)"},
    {.key = "stress_rate",
     .type = VM_REAL,
     .offset = offsetof(VmControlParams, stress_rate),
     .unit = "GPa/s",
     .default_text = "none",
     .doc = "rate of the mean stress of this component, from `stress` or from its present value"},
    {0}};

static PetscErrorCode ControlCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmControlParams *p = params;
  PetscFunctionBegin;
  if (!isnan(p->strain_rate) && (!isnan(p->stress) || !isnan(p->stress_rate)))
    PetscCall(VmReportAdd(report, node,
                          "strain_rate and a stress on the same component; a component is controlled by one of them"));
  if (isnan(p->strain_rate) && isnan(p->stress) && isnan(p->stress_rate))
    PetscCall(VmReportAdd(report, node,
                          "nothing is prescribed; give strain_rate, stress or stress_rate, or leave the component out "
                          "to hold its strain"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable control_component = {.name = "component",
                                          .doc = "control of one tensor component",
                                          .size = sizeof(VmControlParams),
                                          .rows = control_rows,
                                          .check = ControlCheck};

static const VmParam control_list[] = VM_COMPONENTS(control_component, "its strain is held");
static const VmTable control_table = {.name = "control",
                                      .doc = "tensor components and what is prescribed to them",
                                      .size = 6 * sizeof(VmControlParams *),
                                      .rows = control_list};

typedef struct {
  double strain[6];
  int64_t events;
} Until;
#define LIMIT(name, index)                                                                                             \
  {                                                                                                                    \
    .key = name, .type = VM_REAL, .offset = (index) * sizeof(double), .unit = "1", .default_text = "none",             \
    .min = -10.0, .max = 10.0, .doc = "the stage ends when mean strain " name " has reached this value"                \
  }
static const VmParam until_rows[] = {LIMIT("xx", VM_XX),
                                     LIMIT("yy", VM_YY),
                                     LIMIT("zz", VM_ZZ),
                                     LIMIT("yz", VM_YZ),
                                     LIMIT("xz", VM_XZ),
                                     LIMIT("xy", VM_XY),
                                     {.key = "events",
                                      .type = VM_INT,
                                      .offset = offsetof(Until, events),
                                      .default_text = "0",
                                      .max = 1e15,
                                      .doc = "the stage ends after so many events (0: no limit)"},
                                     {0}};
static const VmTable until_table = {
    .name = "until", .doc = "what ends the stage, whichever comes first", .size = sizeof(Until), .rows = until_rows};

static const VmParam temperature_rows[] = {
    {.key = "rate",
     .type = VM_REAL,
     .offset = offsetof(VmTemperatureParams, rate),
     .unit = "K/s",
     .min = -1e15,
     .max = 1e15,
     .doc = "rate of heating, negative for cooling; its sign is that of the way to `to` if that is given"},
    {.key = "to",
     .type = VM_REAL,
     .offset = offsetof(VmTemperatureParams, to),
     .unit = "K",
     .default_text = "none",
     .min = 1.0,
     .max = 5000.0,
     .doc = "temperature at which heating or cooling ends, and the stage too if nothing else ends it"},
    {0}};
static PetscErrorCode TemperatureCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmTemperatureParams *p = params;
  PetscFunctionBegin;
  if (p->rate == 0.0)
    PetscCall(VmReportAdd(report, node, "temperature.rate is 0; leave `temperature` out to keep the temperature"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
static const VmTable temperature_table = {.name = "temperature",
                                          .doc = "heating or cooling at a constant rate",
                                          .size = sizeof(VmTemperatureParams),
                                          .rows = temperature_rows,
                                          .check = TemperatureCheck};

static const VmParam stage_rows[] = {{.key = "control",
                                      .type = VM_BLOCK,
                                      .offset = offsetof(VmStageParams, control),
                                      .subtable = &control_table,
                                      .default_text = "",
                                      .doc = "components that are driven; the others hold their strain"},
                                     {.key = "until",
                                      .type = VM_BLOCK,
                                      .offset = offsetof(VmStageParams, until),
                                      .subtable = &until_table,
                                      .default_text = "",
                                      .doc = "what ends the stage"},
                                     {.key = "duration",
                                      .type = VM_REAL,
                                      .offset = offsetof(VmStageParams, duration),
                                      .unit = "s",
                                      .default_text = "none",
                                      .min = 1e-30,
                                      .max = 1e30,
                                      .doc = "longest duration of the stage"},
                                     {.key = "temperature",
                                      .type = VM_OPTIONAL,
                                      .offset = offsetof(VmStageParams, temperature),
                                      .subtable = &temperature_table,
                                      .default_text = "none",
                                      .doc = "heating or cooling during the stage; left out: the temperature stays"},
                                     {0}};

static PetscErrorCode StageCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmStageParams *p = params;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c)
    if (!isnan(p->until.strain[c]) && !p->control[c])
      PetscCall(VmReportAdd(report, node,
                            "until.%s = %g is never reached: component %s is not in `control`, so its strain is held",
                            vm_component_names[c], p->until.strain[c], vm_component_names[c]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_stage_table = {.name = "stage",
                                .doc = "keys of every loading stage",
                                .size = sizeof(VmStageParams),
                                .rows = stage_rows,
                                .check = StageCheck};
