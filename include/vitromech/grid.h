/* L1. Periodic grid of cubic voxels, cut into slabs of x-planes; sums that give the same bits on any number of ranks.
 */
#ifndef VITROMECH_GRID_H
#define VITROMECH_GRID_H

#include <vitromech/base.h>
#include <stdlib.h>

/* Read-only for everyone but grid.c. A real field is [nx][n[1]][n[2]] doubles in C order, unpadded, x slowest; several
 * components are separate arrays one after another, [ncomp][np]. More ranks than planes: some ranks have nx = 0. */
typedef struct VmGrid_s {
  MPI_Comm comm;
  int rank, size;
  int64_t n[3];     /* voxels of the box */
  double spacing;   /* voxel edge a [nm] */
  double length[3]; /* n * spacing [nm] */
  int64_t x0, nx;   /* first x-plane and number of x-planes of this rank (real space) */
  int64_t y0, ny;   /* first ky-plane and number of ky-planes of this rank (spectral space, transposed) */
  int64_t nzc;      /* n[2]/2 + 1 */
  int64_t plane;    /* n[1]*n[2]: voxels of one x-plane */
  int64_t np;       /* nx*plane: local voxels */
  int64_t total;    /* n[0]*n[1]*n[2] */
} * VmGrid;

/** n[3] >= 1 voxels of edge spacing [nm]. Collective. */
PetscErrorCode VmGridCreate(MPI_Comm comm, const int64_t n[3], double spacing, VmGrid *grid);
PetscErrorCode VmGridDestroy(VmGrid *grid);

/** Rank that owns x-plane x. Not collective. */
int VmGridOwner(VmGrid grid, int64_t x);

/** Global index x*n1*n2 + y*n2 + z of local voxel i. Not collective. */
static inline int64_t VmGridGlobal(VmGrid grid, int64_t i) { return grid->x0 * grid->plane + i; }

/** Adds per-plane partial results in the order of the global planes.
 * \param[in]  partial [nx][nq] one row for each local x-plane
 * \param[out] total   [nq] on every rank, the same bits on any number of ranks. Collective. */
PetscErrorCode VmSumPlanes(VmGrid grid, int nq, const double *partial, double *total);

/** As VmSumPlanes, but hands out all rows: all [n[0]][nq] on every rank. Collective. */
PetscErrorCode VmGatherPlanes(VmGrid grid, int nq, const double *partial, double *all);

/** The same for the ky-planes of spectral space: partial [ny][nq], all [n[1]][nq]. Collective. */
PetscErrorCode VmSumModes(VmGrid grid, int nq, const double *partial, double *total);
PetscErrorCode VmGatherModes(VmGrid grid, int nq, const double *partial, double *all);

/** Sum, and sum of products, over a whole field [np]; same bits on any number of ranks. Collective. */
PetscErrorCode VmSumField(VmGrid grid, const double *field, double *sum);
PetscErrorCode VmSumProduct(VmGrid grid, const double *a, const double *b, double *sum);

/** Sum of one plane (or any contiguous run) in a fixed order of eight lanes; used by all of the above. Not collective.
 */
double VmSumRun(int64_t n, const double *values);

/** Minimum and maximum of a field. Collective. */
PetscErrorCode VmFieldRange(VmGrid grid, const double *field, double *min, double *max);

/** The whole field [n0][n1][n2] on rank 0 (whole = NULL elsewhere) or, with everywhere = true, on all ranks.
 * Collective. */
PetscErrorCode VmFieldGather(VmGrid grid, const double *field, bool everywhere, double *whole);

#endif
