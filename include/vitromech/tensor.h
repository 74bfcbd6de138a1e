/* L1. Symmetric tensors of six components, in the order xx, yy, zz, yz, xz, xy (tensor components, not engineering). */
#ifndef VITROMECH_TENSOR_H
#define VITROMECH_TENSOR_H

#include <vitromech/base.h>

enum { VM_XX, VM_YY, VM_ZZ, VM_YZ, VM_XZ, VM_XY };

extern const char *const vm_component_names[7]; /* "xx", ..., "xy", NULL */
extern const int vm_voigt_index[3][3];          /* component number of (i,j) */
extern const int vm_voigt_pair[6][2];           /* (i,j) of a component */

/** Double contraction a:b. */
static inline double VmDot6(const double a[6], const double b[6])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + 2.0 * (a[3] * b[3] + a[4] * b[4] + a[5] * b[5]);
}

/** Isotropic Hooke's law sig = 2G eps + (K - 2G/3) tr(eps) I; G, K in GPa. */
static inline void VmHooke(double shear, double bulk, const double eps[6], double sig[6])
{
  const double lame = (bulk - 2.0 * shear / 3.0) * (eps[0] + eps[1] + eps[2]);
  for (int c = 0; c < 6; ++c) sig[c] = 2.0 * shear * eps[c] + (c < 3 ? lame : 0.0);
}

/** von Mises equivalent strain sqrt(2/3 e:e) of the deviator of eps. */
double VmEquivalentStrain(const double eps[6]);

/** von Mises equivalent stress sqrt(3/2 s:s) of the deviator of sig. */
double VmEquivalentStress(const double sig[6]);

#endif
