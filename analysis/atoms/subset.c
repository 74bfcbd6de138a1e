#include "subset.h"
#include <string.h>

PetscErrorCode VmSubsetCreate(const VmAtoms *atoms, const bool *chosen, VmSubset *subset)
{
  int64_t n = 0;

  PetscFunctionBegin;
  for (int64_t i = 0; i < atoms->n; ++i) n += chosen[i];
  *subset = (VmSubset){.atoms.nspecies = atoms->nspecies};
  memcpy(subset->atoms.number, atoms->number, sizeof atoms->number);
  memcpy(subset->atoms.cell, atoms->cell, sizeof atoms->cell);
  memcpy(subset->atoms.periodic, atoms->periodic, sizeof atoms->periodic);
  PetscCall(VmAtomsReserve(&subset->atoms, n));
  PetscCall(PetscMalloc1((size_t)n, &subset->origin));
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (!chosen[i]) continue;
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    subset->origin[subset->atoms.n] = i;
    PetscCall(VmAtomsAppend(&subset->atoms, atoms->species[i], r, atoms->id[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSubsetDestroy(VmSubset *subset)
{
  PetscFunctionBegin;
  VmAtomsFree(&subset->atoms);
  PetscCall(PetscFree(subset->origin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmSubsetPut(const VmSubset *subset, VmAtoms *atoms)
{
  for (int64_t i = 0; i < subset->atoms.n; ++i) {
    const int64_t o = subset->origin[i];
    atoms->x[o] = subset->atoms.x[i];
    atoms->y[o] = subset->atoms.y[i];
    atoms->z[o] = subset->atoms.z[i];
  }
}
