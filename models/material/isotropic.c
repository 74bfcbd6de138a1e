#include "isotropic.h"
#include <math.h>

double VmMeanDecay(double x) { return x > 0.0 ? -expm1(-x) / x : 1.0; }

PetscErrorCode VmIsotropicCheck(double shear, double bulk, const VmNode *node, VmReport report)
{
  const double nu = (3.0 * bulk - 2.0 * shear) / (6.0 * bulk + 2.0 * shear);
  PetscFunctionBegin;
  if (nu <= -1.0 || nu >= 0.4999)
    PetscCall(
        VmReportAdd(report, node, "these moduli give a Poisson ratio of %.4f; it must lie between -1 and 0.4999", nu));
  PetscFunctionReturn(PETSC_SUCCESS);
}
