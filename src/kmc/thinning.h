/* Inside of the finder `thinned`. The works of a voxel's modes are at most work * margin above those at the known
 * stress as long as its stress is within the margin of that, in the norm |dev sig| / sqrt 2 (the largest shear stress
 * is at most that). With these works the rates are evaluated. One part of the margin is for the mean stress, which
 * moves under load and by events, the other for events: a tile pays the stress of each event from it and gets new rates
 * when it is spent. */
#ifndef VM_THINNING_H
#define VM_THINNING_H

#include "kmc_private.h"
#include "shear_kernel.h"

/* Row of a plane. */
enum { VM_PLANE_RATE, VM_PLANE_LOWEST, VM_PLANE_SUMS, VM_BOUND_ROW };

struct VmThinning_s {
  VmShearKernel kernel;
  double work; /* largest work of a mode per stress [eV/GPa] */
  double norm; /* of the shear of an event */
  double drift_margin;
  float tile_margin; /* GPa */
  int64_t most;      /* pending events at most */

  double *known;   /* [tiles][5][VM_TILE] shear stress without the mean: at the last refresh, plus near events since */
  int32_t *summed; /* [slots] pending events that are in `known` altogether */
  float *charge;   /* [tiles] paid since the rates are known [GPa] */
  float *unknown;  /* [tiles] paid for events that are not in `known` */
  double *tile_rate, *tile_lowest; /* [tiles] sum of the bounds of rates [1/s], lowest reserve [eV] */

  double *row, *rows; /* [planes of this rank][VM_BOUND_ROW], [n0][VM_BOUND_ROW] of all planes */
  bool *stale;        /* [planes of this rank] row is out of date */
  bool *spent;        /* [planes of this rank] a tile may have spent its margin */
  double *gathered;
  int *counts, *starts;                /* of `gathered`, by rank */
  bool current;                        /* rows are those of all ranks */
  int64_t *row_offset, *column_offset; /* of the tiles of a plane from the last event */
  double *mode_rate;                   /* [modes] of one voxel [1/s] */
};

/** Part of the margin that the mean stress has used since the rates were renewed [GPa]. Not collective. */
double VmThinningDrift(VmKmc kmc);

/** Norm |dev sig| / sqrt 2. Not collective. */
double VmShearNorm(const double sig[6]);

/** Voxel of an index. Not collective. */
void VmVoxelAt(VmGrid grid, int64_t voxel, int64_t at[3]);

/** Makes all bounds hold and known on all ranks: refreshes the stress if it is time, the reference if the mean stress
 * has used up its part. Collective. */
PetscErrorCode VmThinningPrepare(VmKmc kmc);

/** Rows of all planes to all ranks, and the totals. Collective. */
PetscErrorCode VmThinningGather(VmKmc kmc);

/** Lets all tiles of this rank feel an event that has just happened. Not collective. */
void VmThinningFeel(VmKmc kmc, const VmEvent *event);

/** New rates for a tile, with the stress of all pending events if the unknown ones have spent too much. Not collective.
 */
void VmThinningRenew(VmKmc kmc, int64_t tile);

/** Adds to the shear stress of a slot the pending events that are not in it; returns how many were looked at. Not
 * collective. */
int64_t VmThinningSum(VmKmc kmc, int64_t slot, double stress[VM_SHEARS]);

#endif
