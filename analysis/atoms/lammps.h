/* What LAMMPS data and dump files have in common: box, atom types, atoms in any order. */
#ifndef VM_ATOMS_LAMMPS_H
#define VM_ATOMS_LAMMPS_H

#include "format.h"

/* Angstrom */
typedef struct {
  double lo[3], hi[3], tilt[3]; /* tilt: xy, xz, yz */
} VmLammpsBox;

/** Sets the cell. VM_ERR_INPUT if it has no volume. Not collective. */
PetscErrorCode VmLammpsSetCell(const VmText *text, const VmLammpsBox *box, VmAtoms *atoms);

/** VM_ERR_INPUT if `units` are not Angstrom. Not collective. */
PetscErrorCode VmLammpsUnits(const VmText *text, VmToken units);

/**
 * Fills `atoms`, whose cell is set, in order of the ids in the file, wrapped along periodic axes.
 *
 * \param[in] number  atomic number of each type, from type 1
 * \param[in] atom    [n], positions from the corner lo of the box
 * VM_ERR_INPUT if an id occurs twice, an atom lies far from the box, or there are too many elements. Not collective.
 */
PetscErrorCode VmLammpsFill(const VmText *text, int64_t n, const VmAtomRecord *atom, const int *number, VmAtoms *atoms);

#endif
