#include "entries.h"
#include <vitromech/schema.h>
#include <stdio.h>
#include <string.h>

const char *VmEntryOf(const VmPlugin *entry)
{
  return entry->common ? ((const VmStatisticCommon *)entry->common)->of : NULL;
}

const char *VmEntryWith(const VmPlugin *entry)
{
  return entry->common ? ((const VmStatisticCommon *)entry->common)->with : NULL;
}

static bool Taken(const VmEntryName *names, int count, const char *name)
{
  for (int i = 0; i < count; ++i)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

PetscErrorCode VmEntryNames(MPI_Comm comm, const VmList *list, VmEntryName **names)
{
  const VmPlugin *entries = list->items;
  VmEntryName *n;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)list->count, &n));
  *names = n;
  for (int i = 0; i < list->count; ++i) {
    const VmStatisticCommon *common = entries[i].common;
    const char *given = common ? common->name : NULL;
    snprintf(n[i], sizeof n[i], "%s", given ? given : entries[i].head->name);
    if (!given && common && common->of && Taken(n, i, n[i])) {
      snprintf(n[i], sizeof n[i], "%s_%s", entries[i].head->name, common->of);
      for (char *c = n[i]; *c; ++c)
        if (*c == '/') *c = '_';
    }
    if (strchr(n[i], '/'))
      VmThrow(comm, VM_ERR_INPUT, "analysis: the name \"%s\" of a group must not contain '/'", n[i]);
    if (Taken(n, i, n[i]))
      VmThrow(comm, VM_ERR_INPUT, "analysis: two entries are named %s: give one of them another `name`", n[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEntryWrite(MPI_Comm comm, const VmPlugin *entry, const char *name, VmStatResult result, VmH5 out)
{
  char group[VM_ENTRY_NAME + 32], *yaml;
  PetscFunctionBegin;
  snprintf(group, sizeof group, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmStatResultWrite(comm, result, out, group));
  PetscCall(VmH5AttrText(out, group, "statistic", entry->head->name));
  PetscCall(VmH5AttrText(out, group, "doc", entry->head->doc));
  if (entry->head->source) PetscCall(VmH5AttrText(out, group, "source", entry->head->source));
  if (VmEntryOf(entry)) PetscCall(VmH5AttrText(out, group, "of", VmEntryOf(entry)));
  if (VmEntryWith(entry)) PetscCall(VmH5AttrText(out, group, "with", VmEntryWith(entry)));
  if (entry->head->params) {
    PetscCall(VmParamsWriteYaml(entry->head->params, entry->params, &yaml));
    PetscCall(VmH5AttrText(out, group, "parameters", yaml));
    PetscCall(PetscFree(yaml));
  }
  PetscCall(VmStatResultPrint(comm, result, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmMapOps *MapOpsOf(const VmPluginHead *head)
{
  for (int i = 0; vm_map_table[i]; ++i)
    if (&vm_map_table[i]->head == head) return vm_map_table[i];
  return NULL;
}

PetscErrorCode VmEntryApply(MPI_Comm comm, const VmPlugin *entry, const char *name, const VmMap *map, VmH5 out)
{
  const VmMapOps *ops = MapOpsOf(entry->head);
  VmStatResult result;
  int rank;
  PetscFunctionBegin;
  PetscCheck(ops, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s is not a statistic of maps", entry->head->name);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmStatResultCreate(&result));
  if (rank == 0) PetscCall(ops->apply(entry->params, map, result));
  PetscCall(VmEntryWrite(comm, entry, name, result, out));
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
