/* Seams between the blocks of a mosaic, relaxed so that atoms on both sides are neighbours as in the glass. */
#ifndef VM_ATOMS_SEAMS_H
#define VM_ATOMS_SEAMS_H

#include "contacts.h"
#include "mosaic.h"

typedef struct {
  int64_t moved;
  double largest; /* nm */
} VmSeamMoves;

/** How deep in its block an atom may lie and matter to the relaxation of the seams [nm]. Not collective. */
double VmSeamsDepth(const VmContacts *contacts);

/**
 * Descends in the energy of springs between all pairs in range, of which those across a seam have the length that the
 * contacts want at rest, the others their present length; atoms deep in a block stay.
 *
 * \param[in]     depth  [n] from VmMosaicFill within VmSeamsDepth
 * \param[in,out] atoms  as filled; cell and periodicity set
 * The same bits on any number of ranks. Collective.
 */
PetscErrorCode VmSeamsRelax(MPI_Comm comm, const VmMosaic *mosaic, const VmContacts *contacts, const double *depth,
                            VmAtoms *atoms, VmSeamMoves *moves);

#endif
