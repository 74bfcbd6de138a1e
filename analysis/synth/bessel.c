#include "bessel.h"
#include <math.h>

void VmBesselSeries(double x, int n, double *value)
{
  const int top = (int)fmax(n, x), start = 2 * ((top + 30 + (int)(6.0 * cbrt(top))) / 2);
  double above = 0.0, here = 1e-300, norm = 0.0;

  for (int p = 0; p < n; ++p) value[p] = p == 0;
  if (x == 0.0) return;
  for (int p = start; p >= 0; --p) { /* here is J_p, above is J_(p+1), up to a common factor */
    if (p < n) value[p] = here;
    if (p % 2 == 0) norm += (p ? 2.0 : 1.0) * here;
    const double below = 2.0 * p / x * here - above;
    above = here;
    here = below;
    if (fabs(here) > 1e200) {
      here *= 1e-200;
      above *= 1e-200;
      norm *= 1e-200;
      for (int q = p; q < n; ++q) value[q] *= 1e-200;
    }
  }
  for (int p = 0; p < n; ++p) value[p] /= norm;
}
