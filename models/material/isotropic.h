/* What isotropic laws share. */
#ifndef VM_MATERIAL_ISOTROPIC_H
#define VM_MATERIAL_ISOTROPIC_H

#include <vitromech/material.h>

/** Component (a, b) of the stiffness in Mandel notation [GPa]. Not collective. */
static inline double VmIsotropicStiffness(double shear, double bulk, int a, int b)
{
  return (a == b ? 2.0 * shear : 0.0) + (a < 3 && b < 3 ? bulk - 2.0 * shear / 3.0 : 0.0);
}

/** Deviator and trace of the strain of point i; strain NULL: zero. Not collective. */
static inline double VmSplitStrain(const double *const *strain, int64_t i, double deviator[6])
{
  const double trace = strain ? strain[0][i] + strain[1][i] + strain[2][i] : 0.0;
  for (int c = 0; c < 6; ++c) deviator[c] = strain ? strain[c][i] - (c < 3 ? trace / 3.0 : 0.0) : 0.0;
  return trace;
}

/** Sum of the products of Mandel components. Not collective. */
static inline double VmMandelDot(const double a[6], const double b[6])
{
  double sum = 0.0;
  for (int c = 0; c < 6; ++c) sum += a[c] * b[c];
  return sum;
}

/** By what parameter number k of `vary` is multiplied at point i. Not collective. */
static inline double VmFactor(const VmPoints *points, int k, int64_t i)
{
  return points->factor && points->factor[k] ? points->factor[k][i] : 1.0;
}

/** (1 - exp(-x))/x for x >= 0, to the last digits also at 0 and at infinity. Not collective. */
double VmMeanDecay(double x);

/** Reports moduli whose Poisson ratio is not between -1 and 0.4999. Not collective. */
PetscErrorCode VmIsotropicCheck(double shear, double bulk, const VmNode *node, VmReport report);

#endif
