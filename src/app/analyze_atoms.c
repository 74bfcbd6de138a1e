#include "analyze_atoms.h"

#include <string.h>

const char vm_atoms_recipe[] = "schema: 1\nanalysis:\n"
                               "  - {statistic: rdf}\n"
                               "  - {statistic: voronoi}\n"
                               "  - {statistic: bond_order}\n";

PetscErrorCode VmAtomsHintsParse(MPI_Comm comm, const char *types, const char *frame, VmAtomsHints *hints)
{
  char symbol[8];
  PetscFunctionBegin;
  for (const char *at = types; at && *at;) {
    const size_t length = strcspn(at, ",");
    snprintf(symbol, sizeof symbol, "%.*s", (int)PetscMin(length, sizeof symbol - 1), at);
    const int number = VmElementNumber(symbol);
    if (number == 0 || hints->types == VM_MAX_TYPES)
      VmThrow(comm, VM_ERR_INPUT, "--types \"%s\": \"%s\" is no element; element symbols are needed, e.g. Cu,Zr", types,
              symbol);
    hints->number[hints->types++] = number;
    at += length + (at[length] == ',');
  }
  if (frame) {
    char *end;
    hints->frame = strtoll(frame, &end, 10);
    if (*end || hints->frame < 1) VmThrow(comm, VM_ERR_INPUT, "--frame \"%s\": a number from 1 on is needed", frame);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsListCheck(MPI_Comm comm, const char *path, bool is_atoms, const VmList *list)
{
  const VmPlugin *entries = list->items;
  bool fits = false;
  PetscFunctionBegin;
  for (int i = 0; i < list->count; ++i) fits |= VmStatisticReadsAtoms(entries[i].head) == is_atoms;
  for (int i = 0; i < list->count; ++i) {
    const char *name = entries[i].head->name;
    if (VmStatisticReadsAtoms(entries[i].head) == is_atoms) continue;
    if (fits) PetscCall(VmLog(comm, "left out: %s, which reads %s", name, is_atoms ? "no atoms" : "atoms"));
    else if (is_atoms)
      VmThrow(comm, VM_ERR_INPUT, "analysis: %s is no statistic of atoms, and %s is a file of atoms", name, path);
    else VmThrow(comm, VM_ERR_INPUT, "analysis: %s reads a file of atoms, and %s is none", name, path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
