/* Statistics of maps from YAML, for tests. */
#ifndef VM_TEST_MAP_STATISTIC_H
#define VM_TEST_MAP_STATISTIC_H

#include "vm_test.h"
#include <vitromech/map.h>
#include <vitromech/rng.h>

static inline PetscErrorCode MapMeasure(const char *name, const char *yaml, const VmMap *map, VmStatResult *result)
{
  const VmMapOps *ops = NULL;
  void *params = NULL;
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  for (int i = 0; vm_map_table[i]; ++i)
    if (strcmp(vm_map_table[i]->head.name, name) == 0) ops = vm_map_table[i];
  PetscCheck(ops, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "there is no statistic %s of maps", name);
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "test", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  if (ops->head.params) {
    PetscCall(PetscCalloc(ops->head.params->size, &params));
    PetscCall(VmParamsRead(ops->head.params, root, report, params));
  }
  PetscCall(VmReportFinish(report));
  PetscCall(VmStatResultCreate(result));
  PetscCall(ops->apply(params, map, *result));
  if (ops->head.params) PetscCall(VmParamsFree(ops->head.params, params));
  PetscCall(PetscFree(params));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline double ScalarOf(VmStatResult result, const char *name)
{
  const VmStatDataset *d = VmStatResultFind(result, name);
  if (!d) return NAN;
  return d->type == VM_I64 ? (double)*(const int64_t *)d->data : *(const double *)d->data;
}

#endif
