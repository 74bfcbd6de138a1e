#include "alias_sum.h"
#include <math.h>
#include <string.h>

const int vm_quartic_power[VM_QUARTICS][3] = {{4, 0, 0}, {3, 1, 0}, {3, 0, 1}, {2, 2, 0}, {2, 1, 1},
                                              {2, 0, 2}, {1, 3, 0}, {1, 2, 1}, {1, 1, 2}, {1, 0, 3},
                                              {0, 4, 0}, {0, 3, 1}, {0, 2, 2}, {0, 1, 3}, {0, 0, 4}};

int VmQuarticIndex(int i, int j, int k, int l)
{
  int power[3] = {0, 0, 0};
  ++power[i], ++power[j], ++power[k], ++power[l];
  for (int c = 0; c < VM_QUARTICS; ++c)
    if (vm_quartic_power[c][0] == power[0] && vm_quartic_power[c][1] == power[1]) return c;
  return -1;
}

/* Shells at which the partial sums enter the extrapolation to infinitely many. */
enum { SHELLS = 5 };
static const int last_shell[SHELLS] = {3, 6, 10, 15, 21};

/* Value at h = 0 of the polynomial through (h_s, y_s), h_s = 1/(2 last_shell + 1), as weights of y_s. */
static void ExtrapolationWeights(double weight[SHELLS])
{
  for (int s = 0; s < SHELLS; ++s) {
    weight[s] = 1.0;
    const double h = 1.0 / (2 * last_shell[s] + 1);
    for (int t = 0; t < SHELLS; ++t) {
      const double other = 1.0 / (2 * last_shell[t] + 1);
      if (t != s) weight[s] *= other / (other - h);
    }
  }
}

/* Weight [sin(k/2)/(q/2)]^2 of alias m of k. */
static double AliasWeight(double k, int m)
{
  if (k == 0.0) return m == 0 ? 1.0 : 0.0;
  const double ratio = 2.0 * sin(0.5 * k) / (k + 2.0 * VM_PI * m);
  return ratio * ratio;
}

/* Adds one alias pair (qx, qy) of weight w, summed over all aliases of every kz. */
static void AddPair(double qx, double qy, double w, int nz, const double *cosine, const double *sine, double *sums)
{
  const double kappa2 = qx * qx + qy * qy, kappa = sqrt(kappa2), e = exp(-kappa);
  double factor[VM_QUARTICS];
  for (int c = 0; c < VM_QUARTICS; ++c)
    factor[c] = w * pow(qx, vm_quartic_power[c][0]) * pow(qy, vm_quartic_power[c][1]);

  for (int z = 0; z < nz; ++z) {
    const double d = 1.0 + e * (e - 2.0 * cosine[z]);
    const double s = (1.0 - e * e) / d;                                          /* sinh/(cosh - cos) */
    const double r = 2.0 * e / d;                                                /* 1/(cosh - cos) */
    const double ds = 2.0 * e * (2.0 * e - (1.0 + e * e) * cosine[z]) / (d * d); /* ds/dkappa */
    const double v = 2.0 * (1.0 - cosine[z]);                                    /* 4 sin^2(kz/2) */
    const double f = 0.5 * s / kappa;                                            /* sum 1/(q^2+kappa^2) */
    const double t2 = 0.25 * (s / kappa - ds) / kappa2;                          /* sum 1/(q^2+kappa^2)^2 */
    const double t3 = 0.25 * sine[z] * s * r / kappa;                            /* sum q/(q^2+kappa^2)^2 */
    const double sum[5] = {(1.0 - v * f) / (kappa2 * kappa2) - v * t2 / kappa2,
                           (sine[z] - 0.5 * v * sine[z] * r) / (kappa2 * kappa2) - v * t3 / kappa2, v * t2, v * t3,
                           v * (f - kappa2 * t2)};
    for (int c = 0; c < VM_QUARTICS; ++c) sums[(size_t)c * nz + z] += factor[c] * sum[vm_quartic_power[c][2]];
  }
}

void VmAliasSum(double kx, double ky, int nz, const double *kz, double *room, double *sums)
{
  double *cosine = room, *sine = room + nz, *partial = room + 2 * nz;
  double weight[SHELLS];
  ExtrapolationWeights(weight);
  for (int z = 0; z < nz; ++z) cosine[z] = cos(kz[z]), sine[z] = sin(kz[z]);
  memset(partial, 0, sizeof(double) * VM_QUARTICS * (size_t)nz);
  memset(sums, 0, sizeof(double) * VM_QUARTICS * (size_t)nz);

  int shell = 0;
  for (int s = 0; s < SHELLS; ++s) {
    for (; shell <= last_shell[s]; ++shell)
      for (int mx = -shell; mx <= shell; ++mx)
        for (int my = -shell; my <= shell; my += abs(mx) == shell || shell == 0 ? 1 : 2 * shell) {
          const double w = AliasWeight(kx, mx) * AliasWeight(ky, my);
          if (w == 0.0) continue;
          const double qx = kx + 2.0 * VM_PI * mx, qy = ky + 2.0 * VM_PI * my;
          if (qx != 0.0 || qy != 0.0) AddPair(qx, qy, w, nz, cosine, sine, partial);
          else
            for (int z = 0; z < nz; ++z) partial[(size_t)(VM_QUARTICS - 1) * nz + z] += kz[z] != 0.0 ? 1.0 : 0.0;
        }
    for (size_t i = 0; i < VM_QUARTICS * (size_t)nz; ++i) sums[i] += weight[s] * partial[i];
  }
}
