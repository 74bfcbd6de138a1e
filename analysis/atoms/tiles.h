/* A periodic box filled with copies of a smaller periodic glass. */
#ifndef VM_ATOMS_TILES_H
#define VM_ATOMS_TILES_H

#include "clusters.h"

/* How a box is filled: by equal copies; by copies of which each layer along z is moved as a whole, that is shifted
 * periodically and turned by one of the 48 operations of the cube that keep the tile's shape; by a mosaic of pieces. */
typedef enum { VM_TILING_COPIES, VM_TILING_LAYERS, VM_TILING_MOSAIC } VmTiling;

typedef struct {
  VmAtoms tile;                           /* the smaller glass, whole on every rank, positions in [0, edge) */
  int64_t count[3];                       /* copies along each axis; not of a mosaic */
  double edge[3], length[3], mismatch[3]; /* of the tile, of the box [nm]; relative, against the wanted size */
  VmTiling tiling;
  uint64_t seed;
} VmTiles;

/**
 * Reads a glass and chooses the numbers of copies, round(size/edge), at least one. A mosaic has the wanted size; where
 * that is the tile's own, it becomes one copy.
 *
 * \param[in] size  wanted box [nm]; NAN: the least number of copies that holds `at_least` [nm], no mismatch
 * Collective. VM_ERR_INPUT if the cell is not rectangular and periodic, or the mismatch exceeds 3 %.
 */
PetscErrorCode VmTilesCreate(MPI_Comm comm, const char *path, const VmAtomsHints *hints, VmTiling tiling,
                             const double size[3], const double at_least[3], VmTiles *tiles);

/** Appends this rank's part of a box of copies; ids number copies (x slowest), then atoms of the tile. Equal copies
 * above each other scatter like a crystal along the beam. Faces between moved layers do not fit, which leaves pairs
 * that are too close, for VmAtomsSeparate, and gaps. Not collective. */
PetscErrorCode VmTilesFill(const VmTiles *tiles, const VmPart *part, VmAtoms *atoms);

#endif
