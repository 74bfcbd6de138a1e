#include <vitromech/avalanche.h>
#include <math.h>
#include <string.h>

void VmAvalancheAdd(VmAvalanche *avalanche, const VmEvent *event, int64_t voxels, VmAvalanche *before, bool *ended)
{
  double mean[6];
  *ended = avalanche->size == 0 || event->time > avalanche->time;
  if (*ended) {
    *before = *avalanche;
    memset(avalanche, 0, sizeof *avalanche);
    avalanche->time = event->time;
  }
  ++avalanche->size;
  avalanche->generations = PetscMax(avalanche->generations, event->generation);
  avalanche->stress_drop += event->stress_drop;
  for (int c = 0; c < 6; ++c) {
    avalanche->strain[c] += event->strain[c];
    mean[c] = avalanche->strain[c] / (double)voxels;
  }
  avalanche->plastic_strain = VmEquivalentStrain(mean);
}

/* Sum of s^-tau exp(-lambda s) over s >= smallest, and the means and covariances of ln s and s under it. */
typedef struct {
  double sum, mean[2], covariance[3];
} Moments;

/* Sizes up to this are summed one by one; beyond, the sum is an integral over ln s (midpoint rule in s: the error of
 * the sum is below 1e-8 of the term at the seam). */
enum { DIRECT = 2000, POINTS = 4000 };

static void AddTerm(double weight, double s, double raw[6])
{
  const double log_s = log(s);
  raw[0] += weight, raw[1] += weight * log_s, raw[2] += weight * s;
  raw[3] += weight * log_s * log_s, raw[4] += weight * log_s * s, raw[5] += weight * s * s;
}

static Moments Sum(double tau, double lambda, int64_t smallest)
{
  double raw[6] = {0.0};
  const int64_t seam = PetscMax(smallest, DIRECT);
  for (int64_t s = smallest; s < seam; ++s)
    AddTerm(pow((double)s, -tau) * exp(-lambda * (double)(s - smallest)), (double)s, raw);
  /* to where the terms are nothing any more: by the cutoff, or by the power (tau > 1 is then needed) */
  const double low = log((double)seam - 0.5),
               high = lambda > 0.0 ? fmax(low, log(745.0 / lambda)) : low + 700.0 / (tau - 1.0);
  for (int i = 0; i <= POINTS && high > low; ++i) { /* Simpson */
    const double u = low + (high - low) * i / POINTS, s = exp(fmin(u, 350.0));
    const double weight = (i == 0 || i == POINTS ? 1.0 : (i % 2 ? 4.0 : 2.0)) * (high - low) / (3.0 * POINTS);
    const double term = weight * exp((1.0 - tau) * u - lambda * (s - (double)smallest));
    if (term > 0.0) AddTerm(term, s, raw);
  }
  Moments m = {.sum = raw[0], .mean = {raw[1] / raw[0], raw[2] / raw[0]}};
  m.covariance[0] = raw[3] / raw[0] - m.mean[0] * m.mean[0];
  m.covariance[1] = raw[4] / raw[0] - m.mean[0] * m.mean[1];
  m.covariance[2] = raw[5] / raw[0] - m.mean[1] * m.mean[1];
  return m;
}

/* Log-likelihood of one size on the average; concave in (tau, lambda). */
static double Likelihood(double tau, double lambda, const double data[2], int64_t smallest)
{
  return -tau * data[0] - lambda * (data[1] - (double)smallest) - log(Sum(tau, lambda, smallest).sum);
}

enum { STEPS = 200 };
#define CONVERGED 1e-12

/* Pure power law: Newton for tau > 1. */
static bool FitPower(const double data[2], int64_t smallest, double *tau, double *variance)
{
  *tau = 1.0 + 1.0 / (data[0] - log((double)smallest - 0.5)); /* the continuous estimate */
  for (int i = 0; i < STEPS; ++i) {
    const Moments m = Sum(*tau, 0.0, smallest);
    const double step = (m.mean[0] - data[0]) / m.covariance[0];
    const double next = *tau + step > 1.0 ? *tau + step : 0.5 * (1.0 + *tau);
    *variance = 1.0 / m.covariance[0];
    if (fabs(next - *tau) <= CONVERGED * *tau) return true;
    *tau = next;
  }
  return false;
}

/* Both parameters: Newton with the step cut back until the likelihood rises. False if the maximum has lambda <= 0. */
static bool FitBoth(const double data[2], int64_t smallest, double *tau, double *lambda, double variance[2])
{
  double best;
  *tau = 1.0, *lambda = 1.0 / data[1];
  best = Likelihood(*tau, *lambda, data, smallest);
  for (int i = 0; i < STEPS; ++i) {
    const Moments m = Sum(*tau, *lambda, smallest);
    const double *c = m.covariance, det = c[0] * c[2] - c[1] * c[1];
    const double g[2] = {m.mean[0] - data[0], m.mean[1] - data[1]};
    const double step[2] = {(c[2] * g[0] - c[1] * g[1]) / det, (c[0] * g[1] - c[1] * g[0]) / det};
    variance[0] = c[2] / det, variance[1] = c[0] / det;
    double share = 1.0, value;
    while (*lambda + share * step[1] <= 0.0) share *= 0.5;
    while ((value = Likelihood(*tau + share * step[0], *lambda + share * step[1], data, smallest)) < best &&
           share > 1e-12)
      share *= 0.5;
    *tau += share * step[0], *lambda += share * step[1];
    if (*lambda < 1e-9) return false;
    if (fabs(share * step[0]) <= 1e-9 * (1.0 + fabs(*tau)) && fabs(share * step[1]) <= 1e-9 * *lambda) return true;
    best = value;
  }
  return false;
}

VmSizeLaw VmSizeLawFit(int64_t n, const int64_t *sizes, int64_t smallest)
{
  VmSizeLaw law = {.count = 0};
  double data[2] = {0.0}, variance[2], lambda;
  int64_t first = 0, second = 0;
  bool three = false;
  for (int64_t i = 0; i < n; ++i) {
    if (sizes[i] < smallest) continue;
    ++law.count, data[0] += log((double)sizes[i]), data[1] += (double)sizes[i];
    if (!first) first = sizes[i];
    else if (sizes[i] != first && !second) second = sizes[i];
    else if (second && sizes[i] != first && sizes[i] != second) three = true;
  }
  if (!three) return law;
  data[0] /= (double)law.count, data[1] /= (double)law.count;
  if (FitBoth(data, smallest, &law.exponent, &lambda, variance)) {
    law.found = true;
    law.inverse_cutoff = lambda, law.inverse_cutoff_error = sqrt(variance[1] / (double)law.count);
  } else law.found = FitPower(data, smallest, &law.exponent, &variance[0]);
  law.exponent_error = sqrt(variance[0] / (double)law.count);
  return law;
}
