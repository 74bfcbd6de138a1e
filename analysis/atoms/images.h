/* Atoms and periodic images inside a box, with the place each came from: what a halo exchange needs. */
#ifndef VM_ATOMS_IMAGES_H
#define VM_ATOMS_IMAGES_H

#include <vitromech/atoms.h>

typedef struct {
  VmAtoms atoms;   /* copies, sorted by id, then image */
  int *owner;      /* [n] rank that holds the atom */
  int64_t *index;  /* [n] place of the atom in the owner's arrays */
  int (*image)[3]; /* [n] lattice vectors added to the owner's position */
} VmImages;

/** As VmAtomsExtract, and tells where each copy came from. Collective. */
PetscErrorCode VmImagesGet(MPI_Comm comm, const VmAtoms *atoms, const double lo[3], const double hi[3],
                           const bool images[3], VmImages *inside);
PetscErrorCode VmImagesFree(VmImages *inside);

/** Lowest and highest coordinates of this rank's atoms; lo > hi if it has none. Not collective. */
void VmAtomsExtent(const VmAtoms *atoms, double lo[3], double hi[3]);

#endif
