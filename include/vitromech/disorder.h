/* L3. Disorder models: which voxels are flow units, how parameters vary from voxel to voxel, and random fields. */
#ifndef VITROMECH_DISORDER_H
#define VITROMECH_DISORDER_H

#include <vitromech/fft.h>
#include <vitromech/params.h>
#include <vitromech/rng.h>

/* A generator of flow-unit clusters (physics.md B4). */
typedef struct {
  VmPluginHead head;
  /** Sets flow_unit[np] to 1 in about fraction*total voxels and 0 elsewhere; correlation_length in nm. Same voxels on
   * any number of ranks. `threshold` is the generator's own percolation threshold (fraction; NAN if unknown). A
   * generator that reads a file takes names relative to the directory `base` ("" or with a slash at the end) and sets
   * what the file says, whatever the fraction. Collective. */
  PetscErrorCode (*generate)(VmGrid grid, const void *params, const char *base, double fraction,
                             double correlation_length, VmRngKey key, double *flow_unit);
  double (*threshold)(double correlation_length, double spacing);
  /** The file it reads, as written in its parameters; the member is NULL if it reads none. Not collective. */
  const char *(*file)(const void *params);
} VmDisorderOps;

extern const VmPluginKind vm_disorder_kind; /* selector "generator" */

/* How a parameter varies from voxel to voxel: factors by which it is multiplied. */
typedef struct {
  VmPluginHead head;
  /** Positive factors [np], the same on any number of ranks; `base` and `file` as above. Collective. */
  PetscErrorCode (*draw)(VmGrid grid, const void *params, const char *base, VmRngKey key, double *factor);
  const char *(*file)(const void *params);
} VmDistributionOps;

extern const VmPluginKind vm_distribution_kind; /* selector "distribution" */

/** Gaussian random field of zero mean, unit variance and covariance exp(-r^2/(2 xi^2)), xi in nm (0: white noise).
 * field [np]. Collective. */
PetscErrorCode VmGaussianField(VmGrid grid, double correlation_length, VmRngKey key, double *field);

/** The value that exactly `count` voxels of the field exceed (ties broken by global index); sets mask[np] to 0 or 1.
 * Collective. */
PetscErrorCode VmThresholdCount(VmGrid grid, const double *field, int64_t count, double *mask);

#endif
