/* One memory law from the text of an input. */
#ifndef VM_MEMORY_LAW_H
#define VM_MEMORY_LAW_H

#include "vm_test.h"
#include <vitromech/kinetics.h>
#include <string.h>

typedef struct {
  VmPlugin memory;
} MemoryLaw;
static const VmParam memory_law_rows[] = {{.key = "memory",
                                           .type = VM_PLUGIN,
                                           .offset = offsetof(MemoryLaw, memory),
                                           .plugin = &vm_memory_kind,
                                           .default_text = "none",
                                           .doc = "one law"},
                                          {0}};
static const VmTable memory_law_table = {
    .name = "holder", .doc = "one law", .size = sizeof(MemoryLaw), .rows = memory_law_rows};

/* yaml: "{memory: {law: NAME, ...}}", "{}" for none; to be freed with VmParamsFree(&memory_law_table, law). */
static inline PetscErrorCode ReadMemoryLaw(const char *yaml, MemoryLaw *law)
{
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  memset(law, 0, sizeof *law);
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "law", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(VmParamsRead(&memory_law_table, root, report, law));
  VmExpectInt(VmReportCount(report), 0);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
