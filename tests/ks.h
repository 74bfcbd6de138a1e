/* Test of Kolmogorov and Smirnov. */
#ifndef VM_KS_H
#define VM_KS_H

#include <math.h>
#include <stdlib.h>

static int VmKsCompare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov probability that n values of a variable are uniform in (0,1); the values are sorted. */
static double VmKsUniform(int n, double *u)
{
  double most = 0.0, sum = 0.0;
  qsort(u, (size_t)n, sizeof *u, VmKsCompare);
  for (int i = 0; i < n; ++i) most = fmax(most, fmax((i + 1.0) / n - u[i], u[i] - (double)i / n));
  const double x = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * most;
  for (int j = 1; j < 100; ++j) sum += (j % 2 ? 2.0 : -2.0) * exp(-2.0 * j * j * x * x);
  return x < 0.2 ? 1.0 : fmin(fmax(sum, 0.0), 1.0);
}

#endif
