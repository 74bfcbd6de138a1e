/* A box filled with glass. */
#ifndef VM_ATOMS_FILL_H
#define VM_ATOMS_FILL_H

#include "tiles.h"

typedef struct {
  int64_t ids;    /* one more than the largest id */
  int64_t blocks; /* of a mosaic; 0: equal or moved copies */
  int64_t moved;  /* atoms near seams */
  double largest; /* move of them [nm] */
} VmFilling;

/**
 * Fills the box of the tiles as their tiling says.
 *
 * \param[in]  block  edge of a block of a mosaic [nm]
 * \param[in]  part   what this rank builds
 * \param[out] atoms  this rank's part, in [0, length); cell and periodicity of the box
 * The same atoms on any number of ranks. Collective.
 */
PetscErrorCode VmGlassFill(MPI_Comm comm, const VmTiles *tiles, double block, const VmPart *part, VmAtoms *atoms,
                           VmFilling *outcome);

#endif
