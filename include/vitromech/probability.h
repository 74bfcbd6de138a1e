/* L0. Tails and quantiles of the distributions that tests of significance need. */
#ifndef VITROMECH_PROBABILITY_H
#define VITROMECH_PROBABILITY_H

#include <vitromech/base.h>

/** Regularised incomplete beta function I_x(a, b), a and b positive. Not collective. Source: DLMF 8.17.22. */
double VmIncompleteBeta(double a, double b, double x);

/** Probability that |t| exceeds a value with n degrees of freedom of Student's t distribution. Not collective. */
double VmStudentTails(double t, double n);

/** Quantile of Student's t distribution for probability p in (0.5, 1) and degrees of freedom >= 1. Not collective. */
double VmStudentQuantile(double p, double degrees);

/** Probability of a chi^2 above x with n degrees of freedom. Not collective. Source: DLMF 8.7.1 and 8.9.2. */
double VmChiSquareTail(double x, double n);

/** Probability of an F above x with k and n degrees of freedom. Not collective. */
double VmFisherTail(double x, double k, double n);

#endif
