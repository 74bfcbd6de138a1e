/* What a transformed voxel does to the shear stress of others, in the three forms the finder `thinned` needs: one pair
 * of voxels, a tile near the event, and a bound for a tile far from it. */
#ifndef VM_SHEAR_KERNEL_H
#define VM_SHEAR_KERNEL_H

#include "tiles.h"
#include <vitromech/kmc.h>
#include <vitromech/mech.h>

/* Shears: components of a symmetric traceless tensor in an orthonormal basis,
 * (xx - yy)/sqrt 2, (xx + yy - 2 zz)/sqrt 6, sqrt 2 yz, sqrt 2 xz, sqrt 2 xy. */
enum { VM_SHEARS = 5, VM_SHEAR_PAIRS = 15, VM_SHEAR_ROW = 16 };

/* A positive bound: the upper half of a float, rounded up. */
typedef uint16_t VmInfluence;
static inline float VmInfluenceValue(VmInfluence half)
{
  const union {
    uint32_t bits;
    float value;
  } whole = {.bits = (uint32_t)half << 16};
  return whole.value;
}

typedef struct {
  VmGrid grid;
  int64_t half[3];
  /* GPa per unit eigenstrain: the 5 x 5 matrix by its diagonals 0, 1 and 2 (periodic), [half0][half1][half2]
   * [VM_SHEAR_ROW], each a line of the cache, and one more of zeros. Only what is far is taken from it, at most 0.002
   * GPa, which floats hold to 1e-10 GPa. */
  float *octant;

  /* The largest norm of the shear stress of a unit eigenstrain in a tile that starts at an offset, periodic, the same
   * for both signs of x. The entries of one remainder modulo VM_TILE_Y along y and VM_TILE_Z along z stand together,
   * along z twice, so that those of an event and a plane are one run of memory. */
  VmInfluence *influence; /* [half0][VM_TILE_Y][VM_TILE_Z][rows][2 columns] */
  float *row_influence;   /* [n0][n1] largest along z */
  float *plane_influence; /* [n0] */
  int64_t rows, columns;  /* offsets of one remainder */

  float near;       /* a tile of larger influence is near */
  int64_t reach[3]; /* largest offsets of near voxels */
  int64_t width;    /* 2 reach[2] + VM_TILE_Z */
  double *surround; /* [reach0+1][reach1+1][VM_SHEAR_PAIRS][width] from z = -reach[2] */
} * VmShearKernel;

/* Events: positions axis by axis, and shears so that sums find them in lanes (shear_sum.c). */
typedef struct {
  int32_t *at[3];
  float *shear; /* [events][VM_SHEAR_ROW] */
} VmShearSources;

PetscErrorCode VmShearSourcesCreate(int64_t most, VmShearSources *sources);
PetscErrorCode VmShearSourcesDestroy(VmShearSources *sources);
/** Not collective. */
void VmShearSourcesSet(VmShearSources *sources, int64_t i, const VmKmcSource *source);

/** The symmetric part of a matrix as an entry of the octant. Not collective. */
void VmShearKernelPack(const double k[VM_SHEARS][VM_SHEARS], float entry[VM_SHEAR_ROW]);

/** near: influence from which on tiles are near [GPa]; friction: as in VmKmcInfluence. Collective. */
PetscErrorCode VmShearKernelCreate(VmGrid grid, VmKernel kernel, double near, double friction, VmShearKernel *shear);
PetscErrorCode VmShearKernelDestroy(VmShearKernel *shear);

/** Shears of a tensor; its trace is dropped. Not collective. */
void VmShears(const double tensor[6], double shears[VM_SHEARS]);

/** The traceless tensor of shears. Not collective. */
void VmFromShears(const double shears[VM_SHEARS], double tensor[6]);

/** Whether a tile is near a voxel. Not collective. */
bool VmShearKernelNear(VmShearKernel shear, const int64_t tile[3], const int32_t source[3]);

/** The stress of events first ... last - 1 in the voxel `at` of the tile that starts at `tile`, but of those it is near
 * to, in parts [VmShearParts(last - first)][VM_SHEARS] of consecutive events. Of several `shares` only the parts of one
 * are summed, the others are 0 (shear_sum.c). Not collective. */
void VmShearKernelSum(VmShearKernel shear, const int64_t tile[3], const int64_t at[3], const VmShearSources *sources,
                      int64_t first, int64_t last, int share, int shares, double *parts);

/** Parts of a sum over so many events. Not collective. */
int64_t VmShearParts(int64_t pairs);

/** Adds the stress of an eigenstrain at `source` to all voxels of a near tile that starts at `at`: stress [5][VM_TILE].
 * Not collective. */
void VmShearKernelAddTile(VmShearKernel shear, const int64_t at[3], const int32_t source[3],
                          const double eps[VM_SHEARS], double *stress);

/** Where the entry of `influence` for a tile that starts at offsets dx, dy, dz in [0, n) stands: the sum of three
 * parts. Not collective. */
static inline int64_t VmInfluencePlane(VmShearKernel shear, int64_t dx)
{
  const int64_t distance = dx < shear->half[0] ? dx : shear->grid->n[0] - dx;
  return distance * VM_TILE_Y * VM_TILE_Z * shear->rows * 2 * shear->columns;
}
static inline int64_t VmInfluenceRow(VmShearKernel shear, int64_t dy)
{
  return (dy % VM_TILE_Y * VM_TILE_Z * shear->rows + dy / VM_TILE_Y) * 2 * shear->columns;
}
static inline int64_t VmInfluenceColumn(VmShearKernel shear, int64_t dz)
{
  return dz % VM_TILE_Z * shear->rows * 2 * shear->columns + dz / VM_TILE_Z;
}
static inline int64_t VmInfluenceIndex(VmShearKernel shear, int64_t dx, int64_t dy, int64_t dz)
{
  return VmInfluencePlane(shear, dx) + VmInfluenceRow(shear, dy) + VmInfluenceColumn(shear, dz);
}

/** Offset a - b in [0, n). Not collective. */
static inline int64_t VmOffset(int64_t a, int64_t b, int64_t n) { return a < b ? a - b + n : a - b; }

/** Bytes for a box. Not collective. */
int64_t VmShearKernelBytes(const int64_t n[3]);

#endif
