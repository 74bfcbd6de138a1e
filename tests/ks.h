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

/* Probability that the largest distance of two distributions is `most` or more, at n effective values. */
static inline double VmKsTail(double n, double most)
{
  const double x = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * most;
  double sum = 0.0;
  for (int j = 1; j < 100; ++j) sum += (j % 2 ? 2.0 : -2.0) * exp(-2.0 * j * j * x * x);
  return x < 0.2 ? 1.0 : fmin(fmax(sum, 0.0), 1.0);
}

/* Kolmogorov-Smirnov probability that n values of a variable are uniform in (0,1); the values are sorted. */
static inline double VmKsUniform(int n, double *u)
{
  double most = 0.0;
  qsort(u, (size_t)n, sizeof *u, VmKsCompare);
  for (int i = 0; i < n; ++i) most = fmax(most, fmax((i + 1.0) / n - u[i], u[i] - (double)i / n));
  return VmKsTail(n, most);
}

/* That of two samples of n values each; values that are equal in both count once. Both are sorted. */
static inline double VmKsTwo(int n, double *a, double *b)
{
  double most = 0.0;
  qsort(a, (size_t)n, sizeof *a, VmKsCompare);
  qsort(b, (size_t)n, sizeof *b, VmKsCompare);
  for (int i = 0, j = 0; i < n && j < n;) {
    const double at = fmin(a[i], b[j]);
    while (i < n && a[i] <= at) ++i;
    while (j < n && b[j] <= at) ++j;
    most = fmax(most, fabs((double)(i - j)) / n);
  }
  return VmKsTail(0.5 * n, most);
}

#endif
