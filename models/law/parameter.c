#include "parameter.h"
#include <math.h>

double VmLawCrossing(int64_t n, const double *x, const double *values, double fraction)
{
  const double level = values[0] + fraction * (values[n - 1] - values[0]);
  for (int64_t i = 1; i < n; ++i)
    if ((values[i] - level) * (values[0] - level) <= 0.0 && values[0] != level) return x[i];
  return sqrt(x[0] * x[n - 1]);
}

int64_t VmLawLossPeak(int64_t n, const double *values)
{
  int64_t peak = 0;
  for (int64_t i = 1; i < n; ++i)
    if (values[n + i] > values[n + peak]) peak = i;
  return peak;
}
