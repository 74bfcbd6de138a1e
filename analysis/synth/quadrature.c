#include "quadrature.h"
#include <math.h>

#define PI 3.14159265358979323846

/* By Newton from the asymptotic zeros. */
void VmGaussLegendre(int n, double *node, double *weight)
{
  for (int i = 0; i < n; ++i) {
    double x = cos(PI * (i + 0.75) / (n + 0.5)), slope = 1.0;
    for (int step = 0; step < 8; ++step) {
      double p = 1.0, previous = 0.0;
      for (int j = 0; j < n; ++j) {
        const double next = ((2.0 * j + 1.0) * x * p - j * previous) / (j + 1.0);
        previous = p;
        p = next;
      }
      slope = n * (x * p - previous) / (x * x - 1.0);
      x -= p / slope;
    }
    node[i] = 0.5 * (1.0 - x);
    weight[i] = 1.0 / ((1.0 - x * x) * slope * slope);
  }
}

/* Orthonormal Hermite polynomial h_n of the normal distribution, and h_(n-1): x h_j = sqrt(j+1) h_(j+1) + sqrt(j)
 * h_(j-1). */
static double Hermite(int n, double x, double *previous)
{
  double here = 1.0, before = 0.0;
  for (int j = 0; j < n; ++j) {
    const double next = (x * here - sqrt(j) * before) / sqrt(j + 1.0);
    before = here;
    here = next;
  }
  *previous = before;
  return here;
}

/* The zeros of h_n lie between those of h_(n-1) and the ends +-2 sqrt(n): bisection, then the weight 1/(n h_(n-1)^2).
 */
void VmGaussHermite(int n, double *node, double *weight)
{
  double previous;
  for (int degree = 1; degree <= n; ++degree) {
    double end = -2.0 * sqrt(degree);
    for (int i = 0; i < degree; ++i) {
      double lo = end, hi = i < degree - 1 ? node[i] : 2.0 * sqrt(degree);
      end = hi;
      const double sign = Hermite(degree, lo, &previous) > 0.0 ? 1.0 : -1.0;
      for (int step = 0; step < 60; ++step) {
        const double middle = 0.5 * (lo + hi);
        if (sign * Hermite(degree, middle, &previous) > 0.0) lo = middle;
        else hi = middle;
      }
      node[i] = 0.5 * (lo + hi);
    }
  }
  for (int i = 0; i < n; ++i) {
    (void)Hermite(n, node[i], &previous);
    weight[i] = 1.0 / (n * previous * previous);
  }
}
