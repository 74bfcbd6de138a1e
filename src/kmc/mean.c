#include <vitromech/kmc.h>
#include <math.h>
#include <string.h>

/* Solves sig = C:eps for the strains of the stress-controlled components and the stresses of the others; on input eps
 * holds the known strains and sig the known stresses. Shear components decouple; the normal ones need at most three
 * unknowns. */
static void SolveMixed(double shear, double bulk, const bool stress_controlled[6], double eps[6], double sig[6])
{
  const double lame = bulk - 2.0 * shear / 3.0;
  for (int c = 3; c < 6; ++c) {
    if (stress_controlled[c]) eps[c] = sig[c] / (2.0 * shear);
    else sig[c] = 2.0 * shear * eps[c];
  }
  /* sum over the unknown normal strains of 2G e + lame tr = sig gives the trace directly */
  int unknown = 0;
  double known_trace = 0.0, stress_sum = 0.0;
  for (int c = 0; c < 3; ++c) {
    if (stress_controlled[c]) ++unknown, stress_sum += sig[c];
    else known_trace += eps[c];
  }
  const double trace =
      unknown ? (stress_sum + 2.0 * shear * known_trace) / (2.0 * shear + unknown * lame) : known_trace;
  for (int c = 0; c < 3; ++c) {
    if (stress_controlled[c]) eps[c] = (sig[c] - lame * trace) / (2.0 * shear);
    else sig[c] = 2.0 * shear * eps[c] + lame * trace;
  }
}

/* The same for any compliance, by Cholesky's factors of its part that belongs to the unknown stresses; tensor shears
 * count twice in the energy, which makes it symmetric. */
static void SolveMixedAnisotropic(const double (*compliance)[6], const bool stress_controlled[6], double eps[6],
                                  double sig[6])
{
  double factor[6][6], y[6];
  int unknown[6], n = 0;
  for (int c = 0; c < 6; ++c)
    if (!stress_controlled[c]) unknown[n++] = c;
  for (int i = 0; i < n; ++i) {
    const int c = unknown[i];
    const double weight = c < 3 ? 1.0 : 2.0;
    double miss = eps[c];
    for (int d = 0; d < 6; ++d)
      if (stress_controlled[d]) miss -= compliance[c][d] * sig[d];
    y[i] = weight * miss;
    for (int j = 0; j <= i; ++j) {
      double sum = weight * compliance[c][unknown[j]];
      for (int k = 0; k < j; ++k) sum -= factor[i][k] * factor[j][k];
      factor[i][j] = i == j ? sqrt(sum) : sum / factor[j][j];
    }
    for (int k = 0; k < i; ++k) y[i] -= factor[i][k] * y[k];
    y[i] /= factor[i][i];
  }
  for (int i = n; i-- > 0;) {
    for (int k = i + 1; k < n; ++k) y[i] -= factor[k][i] * y[k];
    y[i] /= factor[i][i];
    sig[unknown[i]] = y[i];
  }
  for (int c = 0; c < 6; ++c) {
    if (!stress_controlled[c]) continue;
    eps[c] = 0.0;
    for (int d = 0; d < 6; ++d) eps[c] += compliance[c][d] * sig[d];
  }
}

static void Solve(const VmMean *mean, double eps[6], double sig[6])
{
  if (mean->compliance) SolveMixedAnisotropic(mean->compliance, mean->segment.stress_controlled, eps, sig);
  else SolveMixed(mean->shear, mean->bulk, mean->segment.stress_controlled, eps, sig);
}

/* Rates of strain and stress; stress that holds thermal strain back included. */
static void SetRates(VmMean *mean)
{
  double elastic[6];
  memcpy(mean->strain_rate, mean->segment.rate, sizeof mean->strain_rate);
  memcpy(mean->stress_rate, mean->segment.rate, sizeof mean->stress_rate);
  Solve(mean, mean->strain_rate, mean->stress_rate);
  if (mean->thermal_rate == 0.0) return;
  for (int c = 0; c < 6; ++c) elastic[c] = mean->segment.rate[c] - (c < 3 ? mean->thermal_rate : 0.0);
  memcpy(mean->stress_rate, mean->segment.rate, sizeof mean->stress_rate);
  Solve(mean, elastic, mean->stress_rate);
}

void VmMeanHeat(VmMean *mean, double thermal, double rate)
{
  mean->thermal_rate = rate, mean->thermal_start = thermal - rate * (mean->time - mean->start);
  SetRates(mean);
  VmMeanUpdate(mean, mean->time);
}

void VmMeanUpdate(VmMean *mean, double time)
{
  const double elapsed = time - mean->start;
  double elastic[6] = {0.0};
  mean->time = time;
  mean->thermal = mean->thermal_start + mean->thermal_rate * elapsed;
  for (int c = 0; c < 6; ++c) {
    if (mean->segment.stress_controlled[c]) mean->stress[c] = mean->segment.level[c] + mean->segment.rate[c] * elapsed;
    else
      elastic[c] = mean->start_strain[c] + mean->segment.rate[c] * elapsed - mean->eigenstrain[c] -
                   (c < 3 ? mean->thermal : 0.0);
  }
  Solve(mean, elastic, mean->stress);
  for (int c = 0; c < 6; ++c)
    mean->strain[c] = mean->segment.stress_controlled[c]
                          ? elastic[c] + mean->eigenstrain[c] + (c < 3 ? mean->thermal : 0.0)
                          : mean->start_strain[c] + mean->segment.rate[c] * elapsed;
}

void VmMeanBegin(VmMean *mean, const VmSegment *segment)
{
  mean->segment = *segment;
  mean->start = mean->time;
  memcpy(mean->start_strain, mean->strain, sizeof mean->strain);
  mean->thermal_start = mean->thermal;
  SetRates(mean);
  VmMeanUpdate(mean, mean->time);
}
