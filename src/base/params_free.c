#include "params_impl.h"

static PetscErrorCode FreePlugin(const VmParam *row, VmPlugin *plugin)
{
  PetscFunctionBegin;
  if (plugin->params) PetscCall(VmParamsFree(plugin->head->params, plugin->params));
  if (plugin->common) PetscCall(VmParamsFree(row->subtable, plugin->common));
  PetscCall(PetscFree(plugin->params));
  PetscCall(PetscFree(plugin->common));
  plugin->head = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeList(const VmParam *row, VmList *list)
{
  PetscFunctionBegin;
  for (int i = 0; i < list->count; ++i) {
    if (row->type == VM_PLUGINS) PetscCall(FreePlugin(row, (VmPlugin *)list->items + i));
    else if (row->type == VM_STRINGS) PetscCall(PetscFree(((char **)list->items)[i]));
    else PetscCall(VmParamsFree(row->subtable, (char *)list->items + (size_t)i * row->subtable->size));
  }
  PetscCall(PetscFree(list->items));
  list->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeRow(const VmParam *row, void *field)
{
  PetscFunctionBegin;
  switch (row->type) {
  case VM_STRING:
    PetscCall(PetscFree(*(char **)field));
    break;
  case VM_STRINGS:
  case VM_LIST:
  case VM_PLUGINS:
    PetscCall(FreeList(row, field));
    break;
  case VM_PLUGIN:
    PetscCall(FreePlugin(row, field));
    break;
  case VM_BLOCK:
    PetscCall(VmParamsFree(row->subtable, field));
    break;
  case VM_INCLUDE:
    if (!VmRowDefaultIsNone(row)) {
      PetscCall(VmParamsFree(row->subtable, field));
      break;
    } /* fall through */
  case VM_OPTIONAL:
    if (*(void **)field) PetscCall(VmParamsFree(row->subtable, *(void **)field));
    PetscCall(PetscFree(*(void **)field));
    break;
  default:
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmParamsFree(const VmTable *table, void *params)
{
  PetscFunctionBegin;
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) PetscCall(FreeRow(row, VmField(void, params, row)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
