/* Peaks of radial curves. */
#include <vitromech/transform.h>
#include <math.h>

#define BEAM_K_MAX 1.5 /* 1/nm: a maximum inside is the direct beam, no ring of condensed matter */
#define BEAM_END 0.1   /* of the maximum */

double VmPeakVertex(int n, const double *x, const double *y, int i)
{
  if (i <= 0 || i >= n - 1) return x[i];
  const double curvature = y[i - 1] - 2.0 * y[i] + y[i + 1];
  if (!(curvature < 0.0 && y[i] >= y[i - 1] && y[i] >= y[i + 1])) return x[i]; /* on a slope: no vertex nearby */
  return x[i] + 0.5 * (y[i - 1] - y[i + 1]) / curvature * (x[i + 1] - x[i]);
}

/* First bin that no longer belongs to the direct beam. */
static int BeamEnd(int n, const double *k, const double *intensity)
{
  int highest = -1;
  for (int i = 0; i < n; ++i)
    if (!isnan(intensity[i]) && (highest < 0 || intensity[i] > intensity[highest])) highest = i;
  if (highest < 0 || k[highest] > BEAM_K_MAX) return 0;
  int end = highest;
  while (end < n && !(intensity[end] < BEAM_END * intensity[highest])) ++end;
  return end;
}

/* Lowest value met walking from i in steps of +-1 until a higher point, a masked ring or the end. */
static double Base(int begin, int n, const double *y, int i, int step)
{
  double base = y[i];
  for (int j = i + step; j >= begin && j < n && !(y[j] > y[i]) && !isnan(y[j]); j += step) base = fmin(base, y[j]);
  return base;
}

double VmFirstRing(int n, const double *k, const double *intensity, double k_min)
{
  int begin = 0, best = -1;
  double highest = 0.0;
  if (isnan(k_min)) begin = BeamEnd(n, k, intensity);
  else
    while (begin < n && k[begin] < k_min) ++begin;
  for (int i = begin + 1; i < n - 1; ++i) {
    if (!(intensity[i] >= intensity[i - 1] && intensity[i] > intensity[i + 1])) continue;
    const double left = Base(begin, n, intensity, i, -1), right = Base(begin, n, intensity, i, 1);
    const double prominence = intensity[i] - fmax(left, right);
    if (prominence > highest) {
      highest = prominence;
      best = i;
    }
  }
  return best < 0 ? NAN : VmPeakVertex(n, k, intensity, best);
}
