/* L3. Disorder models: which voxels are flow units, and random fields. */
#ifndef VITROMECH_DISORDER_H
#define VITROMECH_DISORDER_H

#include <vitromech/fft.h>
#include <vitromech/params.h>
#include <vitromech/rng.h>

/* A generator of flow-unit clusters (physics.md B4). */
typedef struct {
  VmPluginHead head;
  /** Sets flow_unit[np] to 1 in about fraction*total voxels and 0 elsewhere; correlation_length in nm. Same voxels on
   * any number of ranks. `threshold` is the generator's own percolation threshold (fraction; NAN if unknown).
   * Collective. */
  PetscErrorCode (*generate)(VmGrid grid, const void *params, double fraction, double correlation_length, VmRngKey key,
                             double *flow_unit);
  double (*threshold)(double correlation_length, double spacing);
} VmDisorderOps;

extern const VmPluginKind vm_disorder_kind; /* selector "generator" */

/** Gaussian random field of zero mean, unit variance and covariance exp(-r^2/(2 xi^2)), xi in nm (0: white noise).
 * field [np]. Collective. */
PetscErrorCode VmGaussianField(VmGrid grid, double correlation_length, VmRngKey key, double *field);

/** The value that exactly `count` voxels of the field exceed (ties broken by global index); sets mask[np] to 0 or 1.
 * Collective. */
PetscErrorCode VmThresholdCount(VmGrid grid, const double *field, int64_t count, double *mask);

#endif
