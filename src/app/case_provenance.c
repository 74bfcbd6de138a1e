#include "case_files.h"

#include <string.h>

static PetscErrorCode AddTable(VmProvenance provenance, const VmTable *table, const char *params);

static PetscErrorCode AddPlugin(VmProvenance provenance, const VmPluginKind *kind, const VmPlugin *plugin)
{
  char name[128];
  PetscFunctionBegin;
  if (!plugin->head) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(name, sizeof name, "%s.%s", kind->kind, plugin->head->name);
  PetscCall(VmProvenanceAddSource(provenance, name, plugin->head->source));
  if (plugin->head->params) PetscCall(AddTable(provenance, plugin->head->params, plugin->params));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the sources of all plug-ins in the struct of a table. */
static PetscErrorCode AddTable(VmProvenance provenance, const VmTable *table, const char *params)
{
  PetscFunctionBegin;
  if (!params) PetscFunctionReturn(PETSC_SUCCESS);
  for (const VmParam *row = table->rows; row->key || row->type == VM_INCLUDE; ++row) {
    const char *member = params + row->offset;
    const VmList *list = (const VmList *)member;
    const bool pointer = row->type == VM_OPTIONAL || (row->type == VM_INCLUDE && row->default_text);
    switch (row->type) {
    case VM_BLOCK:
    case VM_OPTIONAL:
    case VM_INCLUDE:
      PetscCall(AddTable(provenance, row->subtable, pointer ? *(char *const *)member : member));
      break;
    case VM_LIST:
      for (int i = 0; i < list->count; ++i) {
        PetscCall(AddTable(provenance, row->subtable, (const char *)list->items + (size_t)i * row->subtable->size));
      }
      break;
    case VM_PLUGIN:
      PetscCall(AddPlugin(provenance, row->plugin, (const VmPlugin *)member));
      break;
    case VM_PLUGINS:
      for (int i = 0; i < list->count; ++i)
        PetscCall(AddPlugin(provenance, row->plugin, (const VmPlugin *)list->items + i));
      break;
    default:
      break;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCaseProvenance(VmCaseFile file, int argc, char **argv, VmProvenance *provenance)
{
  char **paths;
  PetscFunctionBegin;
  PetscCall(VmProvenanceCreate(file->comm, argc, argv, (uint64_t)file->params.seed, provenance));
  PetscCall(VmProvenanceAddInput(*provenance, file->path + strlen(file->base), file->text));
  PetscCall(VmProvenanceAddInput(*provenance, "used.yaml", file->used_yaml));
  PetscCall(VmCaseFiles(file, &paths));
  for (char **p = paths; *p; ++p) PetscCall(VmProvenanceAddFile(*provenance, *p));
  VmGlassFilesFree(&paths);
  PetscCall(AddTable(*provenance, &vm_case_table, (const char *)&file->params));
  PetscFunctionReturn(PETSC_SUCCESS);
}
