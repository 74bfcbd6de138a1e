/* The phase of the Ewald sphere as the shortest sum of products of a function of x and one of u. */
#ifndef VM_SYNTH_EWALD_H
#define VM_SYNTH_EWALD_H

#include <vitromech/base.h>

/* exp(i x u) = sum_q c_2q(x) F_2q(u) + i c_2q+1(x) F_2q+1(u) for 0 <= x <= most and |u| <= 1; F_2q are even, F_2q+1
 * odd. */
typedef struct {
  int functions;      /* even */
  int degree;         /* of the polynomials F, less than */
  double *polynomial; /* [degree][functions] coefficients of Chebyshev's polynomials */
  int nodes;
  double *node;  /* [nodes] Chebyshev's on (0, 1) */
  double *value; /* [nodes][functions] F there */
} VmEwald;

/**
 * Eigenfunctions of the kernels cos(most u v) and sin(most u v) under Chebyshev's weight (those under a constant weight
 * are the prolate spheroidal wave functions): with as many terms no other sum comes closer in the mean square.
 *
 * \param[in] accuracy  largest error of exp(i x u)
 * Not collective. Source: D. Slepian and H. O. Pollak, Bell Syst. Tech. J. 40 (1961) 43.
 */
PetscErrorCode VmEwaldCreate(double most, double accuracy, VmEwald *ewald);
PetscErrorCode VmEwaldDestroy(VmEwald *ewald);

/** c_p(x), p < functions; bounded also beyond the largest x. Not collective. */
void VmEwaldCoefficients(const VmEwald *ewald, double x, double *coefficient);

/** F_p(u), first <= p < first + count. Not collective. */
void VmEwaldFunctions(const VmEwald *ewald, double u, int first, int count, double *value);

#endif
