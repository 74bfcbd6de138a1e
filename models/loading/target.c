#include "components.h"
#include "target.h"
#include <math.h>

static const VmParam rows[] = {{.key = "strain",
                                .type = VM_REAL,
                                .offset = offsetof(VmTarget, strain),
                                .unit = "1",
                                .default_text = "none",
                                .min = -10.0,
                                .max = 10.0,
                                .doc = "tensor component of the mean strain, counted from the start of the stage"},
                               {.key = "stress",
                                .type = VM_REAL,
                                .offset = offsetof(VmTarget, stress),
                                .unit = "GPa",
                                .default_text = "none",
                                .min = -1e3,
                                .max = 1e3,
                                .doc = "mean stress of this component"},
                               {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmTarget *p = params;
  PetscFunctionBegin;
  if (isnan(p->strain) == isnan(p->stress))
    PetscCall(VmReportAdd(report, node, "%s; give one of strain and stress",
                          isnan(p->strain) ? "neither strain nor stress is given"
                                           : "strain and stress on the same component"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable target = {.name = "component",
                               .doc = "strain or stress of one tensor component",
                               .size = sizeof(VmTarget),
                               .rows = rows,
                               .check = Check};

static const VmParam components[] = VM_COMPONENTS(target, "as `control` says, else its strain is held");

const VmTable vm_target_table = {.name = "target",
                                 .doc = "tensor components and their strain or stress",
                                 .size = 6 * sizeof(VmTarget *),
                                 .rows = components};
