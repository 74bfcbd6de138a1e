/* A periodic box filled by blocks cut from a glass: the Voronoi cells of random seeds, each with the glass turned,
 * mirrored and shifted at random, so that nothing repeats, neither the structure nor the seams. */
#ifndef VM_ATOMS_MOSAIC_H
#define VM_ATOMS_MOSAIC_H

#include "tiles.h"

/* Content of a block: r = centre + rotation (p - shift), p in the periodic glass. */
typedef struct {
  double centre[3], rotation[3][3], shift[3];
} VmBlock;

typedef struct {
  const VmTiles *tiles;
  int64_t count[3]; /* seeds along each axis: one at random in each cell of a grid */
  double reach;     /* no point is farther from its seed [nm] */
  int64_t range[3]; /* a block holds images -range ... range of the tile around its shift, along each axis */
  VmBlock *block;   /* [count[0]*count[1]*count[2]], the same on every rank */
  int64_t ids;      /* one more than the largest id */
} VmMosaic;

/** Blocks of about the given edge [nm] in the box of the tiles. Not collective. */
PetscErrorCode VmMosaicCreate(const VmTiles *tiles, double block, VmMosaic *mosaic);
PetscErrorCode VmMosaicDestroy(VmMosaic *mosaic);

/**
 * Fills this rank's part of the box. The faces of all blocks are moved alike, by less than VM_MOSAIC_SLACK, so that the
 * density is the tile's.
 *
 * \param[in]     within  nm
 * \param[in,out] atoms   none as yet, species set
 * \param[out]    depth   [n] distance from the nearest face [nm], `within` if it is not below; by PetscMalloc
 * Collective.
 */
PetscErrorCode VmMosaicFill(MPI_Comm comm, const VmMosaic *mosaic, const VmPart *part, double within, VmAtoms *atoms,
                            double **depth);

#define VM_MOSAIC_SLACK 0.01 /* nm */

/* Which block an atom belongs to. */
typedef struct {
  int32_t block, image[3]; /* image of the block's seed */
} VmHome;

/** Block of the atom with this id near r [nm], which may be in any image of the box and moved by less than half of it
 * since it was filled. Not collective. */
VmHome VmMosaicHome(const VmMosaic *mosaic, int64_t id, const double r[3]);

static inline bool VmHomeIs(const VmHome *a, const VmHome *b)
{
  return a->block == b->block && a->image[0] == b->image[0] && a->image[1] == b->image[1] && a->image[2] == b->image[2];
}

#endif
