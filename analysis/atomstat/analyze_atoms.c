/* An analysis list applied to a file of atoms. */
#include "../atoms/frame.h"
#include "../stat/entries.h"
#include <vitromech/atom_stat.h>
#include <string.h>

void VmStructureWrap(VmAtoms *atoms) { VmFrameWrap(atoms->periodic, atoms); }

static const VmAtomOps *AtomOpsOf(const VmPluginHead *head)
{
  for (int i = 0; vm_atom_table[i]; ++i)
    if (&vm_atom_table[i]->head == head) return vm_atom_table[i];
  return NULL;
}

PetscErrorCode VmAtomStatApply(const VmPlugin *entry, const char *name, const VmStructure *structure, VmH5 out)
{
  const VmAtomOps *ops = AtomOpsOf(entry->head);
  VmStatResult result;
  PetscFunctionBegin;
  PetscCheck(ops, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s is not a statistic of atoms", entry->head->name);
  PetscCall(VmStatResultCreate(&result));
  PetscErrorCode code = ops->apply(entry->params, structure, result);
  if (!code) code = VmEntryWrite(structure->comm, entry, name, result, out);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(code);
}

/* Which atoms they were, for those who look at the result. */
static PetscErrorCode DescribeAtoms(const VmAtoms *atoms, VmH5 out)
{
  const int64_t count = atoms->n;
  int64_t numbers[VM_MAX_SPECIES], of_species[VM_MAX_SPECIES] = {0}, periodic[3];
  PetscFunctionBegin;
  for (int64_t i = 0; i < atoms->n; ++i) ++of_species[atoms->species[i]];
  for (int s = 0; s < atoms->nspecies; ++s) numbers[s] = atoms->number[s];
  for (int d = 0; d < 3; ++d) periodic[d] = atoms->periodic[d];
  PetscCall(VmH5Group(out, "/atoms"));
  PetscCall(VmH5AttrInt(out, "/atoms", "count", 1, &count));
  PetscCall(VmH5AttrInt(out, "/atoms", "atomic_number", atoms->nspecies, numbers));
  PetscCall(VmH5AttrInt(out, "/atoms", "count_of_species", atoms->nspecies, of_species));
  PetscCall(VmH5AttrReal(out, "/atoms", "cell", 9, &atoms->cell[0][0]));
  PetscCall(VmH5AttrInt(out, "/atoms", "periodic", 3, periodic));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAnalyzeAtoms(MPI_Comm comm, const char *path, const VmAtomsHints *hints, const VmList *list, VmH5 out)
{
  const VmPlugin *entries = list->items;
  VmAtoms atoms = {0};
  VmEntryName *names = NULL;
  PetscFunctionBegin;
  PetscCall(VmEntryNames(comm, list, &names));
  PetscErrorCode code = VmAtomsReadHinted(comm, path, hints, &atoms);
  if (!code) {
    VmStructureWrap(&atoms);
    const VmStructure structure = {.comm = comm, .atoms = &atoms, .path = path, .hints = *hints};
    PetscCall(VmLog(comm, "%s: %lld atoms", path, (long long)atoms.n));
    PetscCall(DescribeAtoms(&atoms, out));
    for (int i = 0; i < list->count && !code; ++i)
      if (VmStatisticReadsAtoms(entries[i].head)) code = VmAtomStatApply(&entries[i], names[i], &structure, out);
  }
  VmAtomsFree(&atoms);
  PetscCall(PetscFree(names));
  PetscFunctionReturn(code);
}
