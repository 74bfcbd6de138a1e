/* Some of this rank's atoms, to be moved and put back. */
#ifndef VM_ATOMS_SUBSET_H
#define VM_ATOMS_SUBSET_H

#include <vitromech/atoms.h>

typedef struct {
  VmAtoms atoms;
  int64_t *origin; /* [n] index into all atoms */
} VmSubset;

/** Copies of the atoms with chosen[i], in the same cell. Not collective. */
PetscErrorCode VmSubsetCreate(const VmAtoms *atoms, const bool *chosen, VmSubset *subset);
PetscErrorCode VmSubsetDestroy(VmSubset *subset);

/** Gives the atoms the positions of their copies. Not collective. */
void VmSubsetPut(const VmSubset *subset, VmAtoms *atoms);

#endif
