/* L2. Small nonlinear least squares. */
#ifndef VITROMECH_LEAST_SQUARES_H
#define VITROMECH_LEAST_SQUARES_H

#include <vitromech/base.h>

#define VM_FIT_MOST 16 /* parameters */

/* Residual i at parameters x, and its gradient [n]. */
typedef double (*VmResidual)(const void *context, const double *x, int64_t i, double *gradient);

/**
 * Minimises the sum of squares of m residuals over n parameters (Levenberg-Marquardt).
 *
 * \param[in]     function  residuals and gradients; residuals that are not finite end the fit
 * \param[in,out] x         [n] start in, minimum out
 * \param[out]    error     [n] standard errors from the curvature and the residuals, NAN if m <= n; or NULL
 * \return true if it converged: a step changes every parameter by less than 1e-9 of its size or of its error.
 * Not collective. Source: Marquardt, J. SIAM 11 (1963) 431.
 */
bool VmLeastSquares(int n, double *x, int64_t m, VmResidual function, const void *context, double *error);

#endif
