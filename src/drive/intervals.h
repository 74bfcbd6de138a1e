/* What happens between two rows of the history: how the flow of one interval repeats that of the one before, and the
 * viscosity. */
#ifndef VM_INTERVALS_H
#define VM_INTERVALS_H

#include "scalars.h"
#include <vitromech/h5.h>

typedef struct VmIntervals_s *VmIntervals;

typedef struct {
  double time;
  double stress[6], plastic_strain[6]; /* means [GPa, 1] */
  const int64_t *events;               /* [np] of each voxel so far */
} VmInstant;

PetscErrorCode VmIntervalsCreate(VmGrid grid, VmIntervals *intervals);
PetscErrorCode VmIntervalsDestroy(VmIntervals *intervals);

/**
 * Ends an interval at an instant.
 *
 * \param[out] persistence correlation coefficient over the voxels of the accumulated plastic strain (events, as all
 * have the same strain) gained in the last two intervals that had events; 0 before there are two, and if one of them is
 * uniform \param[out] viscosity   sig:rate/(2 rate:rate) [GPa s] of the mean stress (of the interval's ends) and the
 * rate of the mean plastic strain in this interval; 0 if that has not changed Collective. Source of the viscosity:
 * dissipation of a Newtonian liquid.
 */
PetscErrorCode VmIntervalsEnd(VmIntervals intervals, const VmInstant *now, double *persistence, double *viscosity);

/** For a checkpoint. Collective, the first is not. */
void VmIntervalsScalars(VmIntervals intervals, VmScalars *scalars);
PetscErrorCode VmIntervalsSave(VmIntervals intervals, VmH5 file);
PetscErrorCode VmIntervalsLoad(VmIntervals intervals, VmH5 file);

#endif
