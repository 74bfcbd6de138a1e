/* What the tests of event finders ask of every law. */
#ifndef VM_FINDERS_H
#define VM_FINDERS_H

#include "ks.h"
#include "vm_test.h"
#include <vitromech/kmc.h>

/* No rate is above its bound now, and none was. */
static inline PetscErrorCode ExpectBounds(VmKmc kmc)
{
  int64_t exceeded;
  double largest;
  PetscFunctionBegin;
  PetscCall(VmKmcCheckBounds(kmc, &exceeded, &largest));
  VmExpectInt(exceeded, 0);
  VmExpect(largest > 0.0 && largest <= 1.0 + 1e-7, "the largest rate is %g of its bound", largest);
  VmExpectInt(VmKmcGetProfile(kmc)->exceeded, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One value for each of n runs with `full` and with `thinned`, whose seeds are never shared; both are sorted. */
static inline void ExpectOneLaw(const char *quantity, int n, double *full, double *thinned, bool positive)
{
  double mean[2] = {0.0};
  for (int i = 0; i < n; ++i) mean[0] += full[i] / n, mean[1] += thinned[i] / n;
  const double p = VmKsTwo(n, full, thinned);
  printf("%s: full %.5g, thinned %.5g, KS probability %.3f\n", quantity, mean[0], mean[1], p);
  VmExpect(mean[0] > 0.0 || !positive, "%s is nothing", quantity);
  VmExpect(p > 0.01, "%s differs between the finders, p = %g", quantity, p);
}

#endif
