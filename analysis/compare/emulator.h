/* L4. Gaussian-process emulator of one statistic of a sweep against its parameters. */
#ifndef VM_COMPARE_EMULATOR_H
#define VM_COMPARE_EMULATOR_H

#include <vitromech/base.h>

enum { VM_MOST_PARAMETERS = 3 };

typedef struct VmEmulator_s *VmEmulator;

/**
 * Fits y(x) = linear function + smooth Gaussian process of squared-exponential covariance + independent noise of the
 * runs. Correlation lengths (one per parameter) and the ratio of noise to process are those of the largest restricted
 * likelihood, with a prior against lengths below half of the range.
 *
 * \param[in] n  runs, at least d + 3
 * \param[in] d  parameters, 1 to VM_MOST_PARAMETERS
 * \param[in] x  [n][d] parameters, scaled to 0 ... 1
 * \param[in] y  [n] statistic
 * Not collective. Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), ch. 2 and 5.
 */
PetscErrorCode VmEmulatorCreate(int n, int d, const double *x, const double *y, VmEmulator *emulator);
PetscErrorCode VmEmulatorDestroy(VmEmulator *emulator);

/** Mean of the statistic at x [d], the variance of that mean as the runs leave it open, and the variance of one run
 * about it. Not collective. */
void VmEmulatorPredict(VmEmulator emulator, const double *x, double *mean, double *uncertainty, double *noise);

/** Errors of each run as predicted from the others, in units of the predicted standard deviation: [n]. Not collective.
 */
void VmEmulatorLeaveOneOut(VmEmulator emulator, double *error);

#endif
