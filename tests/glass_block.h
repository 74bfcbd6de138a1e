/* Atoms from the text of a `glass` block. */
#ifndef VM_TEST_GLASS_BLOCK_H
#define VM_TEST_GLASS_BLOCK_H

#include "vm_test.h"
#include <vitromech/glass.h>

static inline PetscErrorCode GlassOfBlock(MPI_Comm comm, const char *yaml, uint64_t seed, const char *result,
                                          VmAtoms *atoms)
{
  VmReport report;
  VmNode *root;
  char *params, base[4096];

  PetscFunctionBegin;
  snprintf(base, sizeof base, "%s/", VmTestScratch());
  PetscCall(VmReportCreate(comm, "test", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(PetscCalloc1(vm_glass_table.size, &params));
  PetscCall(VmParamsRead(&vm_glass_table, root, report, params));
  PetscErrorCode code = VmReportFinish(report);
  if (!code) code = VmGlassBuild(comm, (const VmGlassParams *)params, seed, base, result, atoms);
  PetscCall(VmParamsFree(&vm_glass_table, params));
  PetscCall(PetscFree(params));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(code);
}

#endif
