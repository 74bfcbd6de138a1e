#include "spread.h"
#include "optics.h"

#define SHAPE (0.976 * VM_PI * VM_SPREAD_WIDTH * (1.0 - 1.0 / (2.0 * 1.5)))

/* exp(beta (sqrt(1 - s^2) - 1)) on |s| < 1 */
double VmSpreadWindow(double s)
{
  const double rest = 1.0 - s * s;
  return rest > 0.0 ? exp(SHAPE * (sqrt(rest) - 1.0)) : 0.0;
}

PetscErrorCode VmSpreadCorrection(int64_t n, int64_t fine, double **correction)
{
  enum { POINTS = 400 };

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, correction));
  for (int64_t i = 0; i < n; ++i) {
    const double phase = 2.0 * VM_PI * (double)VmFrequency(i, n) / (double)fine;
    double sum = 0.0;
    for (int q = 0; q < POINTS; ++q) { /* s = sin(t): smooth and, up to exp(-beta), periodic in t */
      const double t = VM_PI * ((q + 0.5) / POINTS - 0.5);
      sum += cos(t) * VmSpreadWindow(sin(t)) * cos(phase * 0.5 * VM_SPREAD_WIDTH * sin(t));
    }
    (*correction)[i] = 1.0 / (sum * VM_PI / POINTS * 0.5 * VM_SPREAD_WIDTH);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
