/* L4. Which statistics of a sweep depend on its parameters by more than chance. */
#ifndef VM_COMPARE_SCREEN_H
#define VM_COMPARE_SCREEN_H

#include <vitromech/base.h>

/**
 * Probability that noise alone follows a polynomial of second order, without products, in the parameters as well as y
 * does: F test. Terms that the runs cannot tell apart (two values of a parameter) are left out; 1 if y is constant or
 * no degree of freedom is left.
 *
 * \param[in] x  [n][d] parameters, 0 ... 1
 * \param[in] y  [n]
 * Not collective.
 */
PetscErrorCode VmTrendProbability(int n, int d, const double *x, const double *y, double *probability);

/**
 * The largest probability to be taken as a find, so that of all finds about the given part is chance; -1: none.
 *
 * \param[in,out] probability  [n] is sorted
 * Not collective. Source: Benjamini & Hochberg, J. R. Stat. Soc. B 57 (1995) 289.
 */
double VmFalseDiscoveryLimit(int n, double *probability, double part);

#endif
