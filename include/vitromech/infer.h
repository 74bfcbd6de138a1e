/* L4. Inference of the parameters of a glass from a sweep: which values make simulated glasses look like a measured
 * one.
 */
#ifndef VITROMECH_INFER_H
#define VITROMECH_INFER_H

#include <vitromech/h5.h>

typedef struct {
  const char *parameters;    /* what is reported, "flow_units.fraction" or several with commas */
  const char *const *values; /* measured numbers "yield_stress=1.52+-0.03", NULL-terminated, or NULL */
  const char *const *curves; /* measured curves "fem/omega=vk.csv" (k, value, error), NULL-terminated, or NULL */
  double k_factor;           /* what k of these files is multiplied by to be in 1/nm */
  double scale;              /* and their values and errors */
  const char *const *names;  /* statistics that may be used, NULL-terminated, or NULL: all */
} VmInferOptions;

/**
 * Posterior of the parameters of a sweep, given what was measured on a sample.
 *
 * Each statistic that the sample and the sweep share, numbers and the principal components of curves, is emulated
 * against the parameters by a Gaussian process whose noise is the scatter of the runs; the correlations between
 * statistics are those of their leave-one-out errors. The likelihood is a multivariate t distribution (the noise is
 * known from the runs only), the prior uniform over the range of the sweep. The fit is poor where the best parameters
 * leave a deviation that runs of the sweep would show with a probability below 1 %.
 *
 * \param[in] files  [n] result or analysis files of the sample
 * \param[in] table  table.h5 of a sweep of one to three numerical parameters
 * \param[in] out    gets /inference: marginals, intervals, statistics used, next points
 * Prints intervals of 68 and 95 %, the statistics with their deviations, warnings and the points that would teach most.
 * Nothing to infer from: VM_ERR_INPUT. Collective; every rank computes the same.
 */
PetscErrorCode VmInfer(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options, VmH5 out);

#endif
