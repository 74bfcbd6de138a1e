/* The container: growing arrays of a rank's own atoms. */
#include <vitromech/atoms.h>

PetscErrorCode VmAtomsReserve(VmAtoms *atoms, int64_t n)
{
  PetscFunctionBegin;
  if (n <= atoms->capacity) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscRealloc((size_t)n * sizeof *atoms->species, &atoms->species));
  PetscCall(PetscRealloc((size_t)n * sizeof *atoms->x, &atoms->x));
  PetscCall(PetscRealloc((size_t)n * sizeof *atoms->y, &atoms->y));
  PetscCall(PetscRealloc((size_t)n * sizeof *atoms->z, &atoms->z));
  PetscCall(PetscRealloc((size_t)n * sizeof *atoms->id, &atoms->id));
  atoms->capacity = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsAppend(VmAtoms *atoms, int species, const double r[3], int64_t id)
{
  PetscFunctionBegin;
  if (atoms->n == atoms->capacity) PetscCall(VmAtomsReserve(atoms, atoms->n + atoms->n / 2 + 1024));
  const int64_t i = atoms->n++;
  atoms->species[i] = (uint8_t)species;
  atoms->x[i] = r[0];
  atoms->y[i] = r[1];
  atoms->z[i] = r[2];
  atoms->id[i] = id;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmAtomsFree(VmAtoms *atoms)
{
  (void)PetscFree(atoms->species);
  (void)PetscFree(atoms->x);
  (void)PetscFree(atoms->y);
  (void)PetscFree(atoms->z);
  (void)PetscFree(atoms->id);
  *atoms = (VmAtoms){0};
}

int VmAtomsSpecies(VmAtoms *atoms, int number)
{
  for (int s = 0; s < atoms->nspecies; ++s) {
    if (atoms->number[s] == number) return s;
  }
  if (atoms->nspecies == VM_MAX_SPECIES) return -1;
  atoms->number[atoms->nspecies] = number;
  return atoms->nspecies++;
}

PetscErrorCode VmAtomsCount(MPI_Comm comm, const VmAtoms *atoms, int64_t *total)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&atoms->n, total, 1, MPI_INT64_T, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
