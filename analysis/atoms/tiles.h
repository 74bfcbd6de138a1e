/* A periodic box filled with copies of a smaller periodic glass. */
#ifndef VM_ATOMS_TILES_H
#define VM_ATOMS_TILES_H

#include "clusters.h"

typedef struct {
  VmAtoms tile;                           /* the smaller glass, whole on every rank, positions in [0, edge) */
  int64_t count[3];                       /* copies along each axis */
  double edge[3], length[3], mismatch[3]; /* of the tile, of the box [nm]; relative, against the wanted size */
  bool turned;                            /* each copy is shifted, turned and mirrored at random, by `seed` */
  uint64_t seed;
} VmTiles;

/**
 * Reads a glass and chooses the numbers of copies, round(size/edge), at least one.
 *
 * \param[in] size  wanted box [nm]; NAN: the least number of copies that holds `at_least` [nm], no mismatch
 * Collective. VM_ERR_INPUT if the cell is not rectangular and periodic, or the mismatch exceeds 3 %.
 */
PetscErrorCode VmTilesCreate(MPI_Comm comm, const char *path, const double size[3], const double at_least[3],
                             VmTiles *tiles);

/** Appends this rank's part of the box; ids number copies (x slowest), then atoms of the tile. With `turned`, each copy
 * is shifted periodically and turned by one of the 48 operations of the cube (those that keep the tile's shape): equal
 * copies in a row would scatter like a crystal along the beam and repeat in every map. Their faces then do not fit,
 * which leaves pairs that are too close for VmAtomsSeparate. Not collective. */
PetscErrorCode VmTilesFill(const VmTiles *tiles, const VmPart *part, VmAtoms *atoms);

#endif
