/* What isotropic laws share. */
#ifndef VM_MATERIAL_ISOTROPIC_H
#define VM_MATERIAL_ISOTROPIC_H

#include <vitromech/material.h>

/** Component (a, b) of the stiffness in Mandel notation [GPa]. Not collective. */
static inline double VmIsotropicStiffness(double shear, double bulk, int a, int b)
{
  return (a == b ? 2.0 * shear : 0.0) + (a < 3 && b < 3 ? bulk - 2.0 * shear / 3.0 : 0.0);
}

/** Component c of the deviator of the strain of point i. Not collective. */
static inline double VmStrainDeviator(const VmPoints *points, int c, int64_t i)
{
  const double *const *eps = points->strain;
  return c < 3 ? eps[c][i] - (eps[0][i] + eps[1][i] + eps[2][i]) / 3.0 : eps[c][i];
}

/** (1 - exp(-x))/x for x >= 0, to the last digits also at 0 and at infinity. Not collective. */
double VmMeanDecay(double x);

/** Reports moduli whose Poisson ratio is not between -1 and 0.4999. Not collective. */
PetscErrorCode VmIsotropicCheck(double shear, double bulk, const VmNode *node, VmReport report);

#endif
